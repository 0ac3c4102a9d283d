/** The conversation so far, and what can be answered with one tap. */
import { html, nothing, type TemplateResult } from "lit";
import type { Message, PersonView, QuickReply } from "../../api/model";
import { openQuickReplies } from "../../chat/history";
import { lineList } from "../../chat/lines";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";
import { partner } from "./header";

export function history(store: WidgetStore): TemplateResult {
  const { lines, t } = store;
  const replies = store.conversation?.can.write ? openQuickReplies(lines) : [];
  return html`<div class="history" tabindex="0" role="log" aria-label=${t.history} data-testid="history">
    ${lines.length === 0 && store.outbox.items.length === 0 ? welcome(store) : nothing}
    ${lineList({
      lines,
      pending: store.outbox.items,
      mine: "visitor",
      texts: t,
      notices: store.notices,
      base: store.config.base,
      language: store.language,
      online: store.stream === "open" && navigator.onLine,
      author: (line) => author(store, line),
      retry: (clientId) => store.outbox.retry(clientId),
    })}
    ${botNotice(store)} ${store.typing ? typing(store) : nothing}
    ${replies.length > 0 && store.outbox.items.length === 0 ? quickReplies(store, replies) : nothing}
  </div>`;
}

/** Where no assistant speaks first, an empty chat would look broken. */
function welcome(store: WidgetStore): TemplateResult | typeof nothing {
  const { site, conversation } = store;
  if (!site || conversation?.party === "bot" || conversation?.state !== "chat") return nothing;
  return html`<div class="welcome">
    <span class="welcome-mark">${icons.mark(30)}</span>
    <h3>${site.texts.title}</h3>
    <p>${site.texts.subtitle}</p>
  </div>`;
}

function author(store: WidgetStore, line: Message): PersonView {
  const { agent, bot } = store.conversation ?? {};
  const known = line.author.role === "agent" ? agent : bot;
  const name = line.author.name ?? known?.name ?? partner(store).name;
  return { name, picture_url: known?.name === name ? known.picture_url : null };
}

function quickReplies(store: WidgetStore, replies: QuickReply[]): TemplateResult {
  return html`<div class="quick-replies" role="group" aria-label=${store.t.quickReplies}>
    ${replies.map(
      (reply) =>
        html`<button
          class="quick-reply"
          data-testid="quick-reply"
          @click=${() => store.write(reply.title, reply.value)}
        >
          ${reply.title}
        </button>`,
    )}
  </div>`;
}

/** What a person must know when the assistant cannot answer yet, or not at all. */
function botNotice(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation, botStatus, t } = store;
  if (conversation?.party !== "bot" || conversation.state !== "chat") return nothing;
  if (botStatus !== "starting" && botStatus !== "down") return nothing;
  const starting = botStatus === "starting";
  return html`<div class="bot-notice ${botStatus}" role="status" data-testid="bot-status">
    ${starting ? html`<span class="spinner"></span>` : icons.alert(20)}
    <p>
      <strong>${starting ? t.botStarting : t.botDown}</strong>
      ${starting ? t.botStartingText : t.botDownText}
    </p>
  </div>`;
}

function typing(store: WidgetStore): TemplateResult {
  const { name } = partner(store);
  return html`<p class="typing" role="status" data-testid="typing">
    <span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>
    <span class="visually-hidden">${store.t.typing(name)}</span>
  </p>`;
}
