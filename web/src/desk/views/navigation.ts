/** The parts of the desk: one's own conversations, what was left for all, and the supervisor's board. */
import { html, nothing, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { DeskStore, View } from "../store";

export function navigation(store: DeskStore): TemplateResult {
  const { t, inbox } = store;
  const unread = [...store.unread.values()].reduce((sum, n) => sum + n, 0);
  const talk = store.view === "conversations" ? 0 : unread;
  return html`<nav class="parts" aria-label=${t.navigation.label}>
    ${part(store, "conversations", icons.chat(22), t.navigation.conversations, talk, t.unread(talk))}
    ${part(store, "inbox", icons.inbox(22), t.navigation.inbox, inbox.open, t.navigation.open(inbox.open))}
    ${store.supervises ? part(store, "board", icons.board(22), t.navigation.board, 0, "") : nothing}
  </nav>`;
}

function part(
  store: DeskStore,
  view: View,
  picture: TemplateResult,
  name: string,
  open: number,
  told: string,
): TemplateResult {
  const here = store.view === view;
  return html`<button
    class="part ${here ? "here" : ""}"
    aria-current=${here ? "page" : "false"}
    data-testid="go-${view}"
    @click=${() => store.go(view)}
  >
    <span class="part-picture">${picture}
      ${
        open > 0
          ? html`<span class="part-count" data-testid="count-${view}" aria-hidden="true">${open}</span>`
          : nothing
      }
    </span>
    <span>${name}</span>
    ${open > 0 ? html`<span class="visually-hidden">${told}</span>` : nothing}
  </button>`;
}
