/** The lines of the conversation, and those still on their way. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Content, Message, QuickReply } from "../../api/model";
import { openQuickReplies } from "../../chat/history";
import type { Outgoing } from "../../chat/outbox";
import * as icons from "../../ui/icons";
import { clock, linked, pictureUrl } from "../../ui/text";
import type { WidgetStore } from "../store";
import { avatar, partner } from "./header";

const GROUP_GAP_MS = 5 * 60_000;

export function history(store: WidgetStore): TemplateResult {
  const { lines, t } = store;
  const shown = lines.filter((line) => line.content.type !== "notice" || noticeText(store, line.content));
  const replies = store.conversation?.can.write ? openQuickReplies(lines) : [];
  return html`<div class="history" tabindex="0" role="log" aria-label=${t.history} data-testid="history">
    <ol class="lines">
      ${repeat(
        shown,
        (line) => line.id,
        (line, index) => row(store, line, shown[index - 1], shown[index + 1]),
      )}
      ${repeat(
        store.outbox.items,
        (item) => item.body.client_id,
        (item) => outgoing(store, item),
      )}
    </ol>
    ${botNotice(store)} ${store.typing ? typing(store) : nothing}
    ${replies.length > 0 && store.outbox.items.length === 0 ? quickReplies(store, replies) : nothing}
  </div>`;
}

function row(store: WidgetStore, line: Message, before?: Message, after?: Message): TemplateResult {
  const { role } = line.author;
  const { content } = line;
  if (content.type === "notice") {
    return html`<li class="notice" data-testid="message" data-role=${role} data-notice=${content.key}>
      <span>${noticeText(store, content)}</span>
    </li>`;
  }
  const mine = role === "visitor";
  const first = !together(before, line);
  const last = !together(line, after);
  const name = mine ? store.t.you : (line.author.name ?? partner(store).name);
  return html`<li
    class="line ${mine ? "mine" : "theirs"} ${first ? "first" : ""} ${last ? "last" : ""}"
    data-testid="message"
    data-role=${role}
    data-type=${content.type}
    data-id=${line.id}
  >
    ${
      !mine && first
        ? html`<p class="author">
          ${avatar(store, role === "agent" ? personOf(store, name) : { name, picture_url: store.conversation?.bot?.picture_url ?? null }, "small")}
          ${name}
        </p>`
        : html`<span class="visually-hidden">${name}</span>`
    }
    ${body(store, content)}
    ${last ? html`<time class="at" datetime=${line.at}>${clock(line.at, store.language)}</time>` : nothing}
  </li>`;
}

function body(store: WidgetStore, content: Content): TemplateResult | typeof nothing {
  const { t, config } = store;
  switch (content.type) {
    case "text":
      return html`<p class="words" dir="auto">${linked(content.text)}</p>`;
    case "image": {
      const url = pictureUrl(content.url, config.base);
      if (!url) return nothing;
      return html`<a class="picture" href=${url} target="_blank" rel="noopener noreferrer">
        <img src=${url} alt=${content.alt || t.image} loading="lazy" referrerpolicy="no-referrer" />
      </a>`;
    }
    case "card": {
      const url = pictureUrl(content.image_url, config.base);
      return html`<div class="card" role="group" aria-label=${t.cardLabel} dir="auto">
        ${url ? html`<img src=${url} alt="" loading="lazy" referrerpolicy="no-referrer" />` : nothing}
        <div class="card-body">
          <p class="card-kicker">${icons.person(16)} ${t.cardLabel}</p>
          ${content.title ? html`<h3>${content.title}</h3>` : nothing}
          <p class="card-text">${linked(content.text)}</p>
        </div>
      </div>`;
    }
    case "erased":
      return html`<p class="words erased">${t.erased}</p>`;
    case "notice":
      return nothing;
  }
}

function outgoing(store: WidgetStore, item: Outgoing): TemplateResult {
  const { t } = store;
  const offline = item.state === "waiting" && store.stream !== "open";
  return html`<li
    class="line mine first last pending"
    data-testid="message"
    data-role="visitor"
    data-type="text"
    data-pending=${item.state}
  >
    <span class="visually-hidden">${t.you}</span>
    <p class="words" dir="auto">${linked(item.body.text)}</p>
    ${
      item.state === "failed"
        ? html`<p class="at failed">
          ${icons.alert(14)} ${t.notSent}
          <button class="link" data-testid="retry" @click=${() => store.outbox.retry(item.body.client_id)}>
            ${t.retry}
          </button>
        </p>`
        : html`<p class="at">${offline ? t.waitingForNetwork : t.sending}</p>`
    }
  </li>`;
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

function noticeText(store: WidgetStore, notice: Extract<Content, { type: "notice" }>): string | null {
  const texts: Record<string, ((params: Record<string, string>) => string | null) | undefined> =
    store.notices;
  return texts[notice.key]?.(notice.params) ?? null;
}

function personOf(store: WidgetStore, name: string) {
  const agent = store.conversation?.agent;
  return agent?.name === name ? agent : { name, picture_url: null };
}

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.content.type === "notice" || b.content.type === "notice") return false;
  return (
    a.author.role === b.author.role &&
    a.author.name === b.author.name &&
    Date.parse(b.at) - Date.parse(a.at) < GROUP_GAP_MS
  );
}
