/**
 * Keys for what agents do all day: with Alt and Shift, so that no letter typed by itself does anything (WCAG 2.1.4),
 * and by the place of the key, so that they are the same on every layout's letters.
 */
export type Shortcut =
  | "accept"
  | "decline"
  | "next"
  | "previous"
  | "write"
  | "note"
  | "conversations"
  | "inbox"
  | "board"
  | "info"
  | "transfer"
  | "close"
  | "help";

/** In the order of the help sheet, with the key that stands on it. */
export const SHORTCUTS: ReadonlyArray<readonly [Shortcut, string, string]> = [
  ["accept", "KeyA", "A"],
  ["decline", "KeyR", "R"],
  ["next", "ArrowDown", "↓"],
  ["previous", "ArrowUp", "↑"],
  ["write", "KeyW", "W"],
  ["note", "KeyN", "N"],
  ["info", "KeyI", "I"],
  ["transfer", "KeyT", "T"],
  ["close", "KeyE", "E"],
  ["conversations", "Digit1", "1"],
  ["inbox", "Digit2", "2"],
  ["board", "Digit3", "3"],
  ["help", "KeyH", "H"],
];

type Pressed = Pick<KeyboardEvent, "code" | "altKey" | "shiftKey" | "ctrlKey" | "metaKey" | "repeat">;

/** The shortcut of a key press, null when it is none. Letters go by what is printed on the key, where that is known. */
export function shortcutOf(event: Pressed & { key?: string }): Shortcut | null {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.repeat) return null;
  const letter = event.key && /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : event.code;
  return SHORTCUTS.find(([, code]) => code === letter)?.[0] ?? null;
}
