/** English: keyboard, appearance and notifications of the desk. */
import type * as fr from "./fr_keys";
import type { Shape } from "./shape";

export const keys: Shape<typeof fr.keys> = {
  title: "Keyboard shortcuts",
  shift: "Shift",
  enter: "Enter",
  send: "Send the message",
  newLine: "Start a new line",
  does: {
    accept: "Accept the request",
    decline: "Decline the request",
    next: "Next conversation",
    previous: "Previous conversation",
    write: "Write in the conversation",
    note: "Write an internal note",
    info: "Show or hide the information",
    transfer: "Transfer the conversation",
    close: "End the conversation",
    conversations: "Go to the chats",
    inbox: "Go to the left messages",
    board: "Go to the board",
    help: "Show this help",
  },
};

export const note: Shape<typeof fr.note> = {
  toggle: "Internal note",
  composer: "Your note",
  placeholder: "A note for colleagues, the visitor does not see it",
  save: "Save the note",
};

export const earlier: Shape<typeof fr.earlier> = {
  title: "Earlier conversations",
  failed: "They could not be loaded.",
  more: "Older ones are not shown.",
  silent: "No message from the visitor",
};

export const theme: Shape<typeof fr.theme> = {
  title: "Appearance",
  auto: "System",
  light: "Light",
  dark: "Dark",
};

export const notify: Shape<typeof fr.notify> = {
  title: "Browser notifications",
  denied: "The browser blocks them: allow them in its settings for this site.",
};
