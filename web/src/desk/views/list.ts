/** The agent's conversations, those that need an answer first to the eye. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AgentConversation } from "../../api/model";
import * as icons from "../../ui/icons";
import { clock } from "../../ui/text";
import { isVideo } from "../call_flow";
import type { DeskStore } from "../store";

export function list(store: DeskStore): TemplateResult {
  const { t } = store;
  const all = store.listed;
  return html`<section class="list" aria-label=${t.conversations}>
    <h2>${t.conversations} <span class="count">${all.length}</span></h2>
    ${
      all.length === 0
        ? html`<p class="list-none">${t.none}</p>`
        : html`<ul>
          ${repeat(
            all,
            (conversation) => conversation.id,
            (conversation) => item(store, conversation),
          )}
        </ul>`
    }
  </section>`;
}

function item(store: DeskStore, conversation: AgentConversation): TemplateResult {
  const { t } = store;
  const { id, visitor, state } = conversation;
  const unread = store.unread.get(id) ?? 0;
  const last = store
    .lines(id)
    .findLast((line) => line.content.type === "text" || line.content.type === "card");
  const words =
    last && (last.content.type === "text" || last.content.type === "card") ? last.content.text : "";
  return html`<li>
    <button
      class="item ${store.selected === id ? "selected" : ""}"
      aria-current=${store.selected === id ? "true" : "false"}
      data-testid="conversation-item"
      data-conversation-id=${id}
      data-state=${state}
      @click=${() => store.select(id)}
    >
      <span class="item-face ${isVideo(conversation) ? "video" : ""} ${visitor.present ? "" : "away"}">
        ${isVideo(conversation) ? icons.video(18) : icons.person(18)}
      </span>
      <span class="item-text">
        <span class="item-top">
          <strong>${visitorName(store, conversation)}</strong>
          ${last ? html`<time datetime=${last.at}>${clock(last.at, store.language)}</time>` : nothing}
        </span>
        <span class="item-words">${store.typing === id ? t.typing : words || conversation.site_name}</span>
        <span class="item-tags">
          <span class="tag ${state}">${t.state[state]}</span>
          ${store.drafts.has(id) && store.selected !== id ? html`<span class="tag draft" data-testid="draft">${t.draft}</span>` : nothing}
          ${visitor.present ? nothing : html`<span class="tag away">${t.visitorAway}</span>`}
        </span>
      </span>
      ${unread > 0 ? html`<span class="unread"><span aria-hidden="true">${unread}</span><span class="visually-hidden">${t.unread(unread)}</span></span>` : nothing}
    </button>
  </li>`;
}

/** Visitors have no name; the end of their number tells two of them apart. */
export function visitorName(store: DeskStore, conversation: AgentConversation): string {
  return `${store.t.visitor} ${conversation.id.slice(-4)}`;
}

/** The middle of the desk while no conversation is open there. */
export function nothingOpen(store: DeskStore): TemplateResult {
  const { t } = store;
  const away = !store.available;
  const none = store.conversations.size === 0;
  return html`<div class="empty">
    <span class="empty-art ${away ? "away" : ""}">${icons.mark(56)}</span>
    <h2>${none ? t.none : t.pick}</h2>
    ${none ? html`<p>${away ? t.noneAway : t.noneText}</p>` : nothing}
  </div>`;
}
