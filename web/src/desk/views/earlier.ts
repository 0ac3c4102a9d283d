/** The visitor's earlier conversations: when, with whom, and how they began; each can be read. */
import { html, nothing, type TemplateResult } from "lit";
import type { EarlierConversation } from "../../api/model";
import { labelIn } from "../../i18n/language";
import * as icons from "../../ui/icons";
import { dayAndClock } from "../../ui/text";
import type { DeskStore } from "../store";

export function earlier(store: DeskStore, id: string): TemplateResult | typeof nothing {
  const { t } = store;
  const found = store.earlier.of(id);
  // Most visitors come for the first time: there is nothing to say about that.
  if (found === null || found === "asked") return nothing;
  if (found !== "failed" && found.conversations.length === 0) return nothing;
  return html`<section class="info-block" data-testid="earlier">
    <h3>${t.earlier.title}</h3>
    ${
      found === "failed"
        ? html`<p class="problem">
          <span>${t.earlier.failed}</span>
          <button class="link" @click=${() => store.earlier.look(id)}>${t.retry}</button>
        </p>`
        : html`<ul class="earlier">${found.conversations.map((one) => html`<li>${row(store, one)}</li>`)}</ul>
          ${found.more ? html`<p class="hint-line">${t.earlier.more}</p>` : nothing}`
    }
  </section>`;
}

function row(store: DeskStore, one: EarlierConversation): TemplateResult {
  const { language, t } = store;
  const with_ = one.agent_name ?? (one.group && labelIn(language, one.group_labels, one.group)) ?? t.bot;
  return html`<button
    class="earlier-one"
    data-testid="earlier-one"
    data-conversation-id=${one.id}
    @click=${() => store.readEarlier(one.id)}
  >
    <span class="earlier-top">
      <time datetime=${one.started_at}>${dayAndClock(one.started_at, language)}</time>
      <span>${one.video ? icons.video(14) : icons.chat(14)} ${with_}</span>
    </span>
    <span class="earlier-words" dir="auto">${one.excerpt ?? t.earlier.silent}</span>
  </button>`;
}
