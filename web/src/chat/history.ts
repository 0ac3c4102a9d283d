/** The lines of one conversation, in the server's order, each once. */
import type { Message } from "../api/model";

/** Adds or replaces a line (an erased one arrives again with the same id). Returns a new list. */
export function withMessage(list: readonly Message[], message: Message): Message[] {
  return withMessages(list, [message]);
}

export function withMessages(list: readonly Message[], more: readonly Message[]): Message[] {
  const byId = new Map(list.map((line) => [line.id, line]));
  for (const line of more) byId.set(line.id, line);
  return [...byId.values()].sort((a, b) => a.position - b.position);
}

/** Quick replies are offered by the last line that somebody said, and only until something is said after it. */
export function openQuickReplies(list: readonly Message[]): Message["quick_replies"] {
  const last = list.findLast((line) => line.content.type !== "notice");
  return last && last.author.role !== "visitor" ? last.quick_replies : [];
}
