/** The lines of a conversation, and those still on their way: the same on the visitor's and the agent's side. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Content, Message, PersonView } from "../api/model";
import * as icons from "../ui/icons";
import { clock, initial, linked, pictureUrl } from "../ui/text";
import { downloadable, shownCards } from "./cards";
import type { Outgoing } from "./outbox";

export interface LineTexts {
  you: string;
  sending: string;
  waitingForNetwork: string;
  notSent: string;
  retry: string;
  erased: string;
  image: string;
  file: string;
  cards: string;
  price: string;
  formerPrice: string;
  cardLabel: string;
  /** Over a line that only agents see. */
  privateNote?: string;
}

/** Catalogues are closed records; what a policy says may be a key that this page does not know. */
export type NoticeTexts = Record<string, ((params: Record<string, string>) => string | null) | undefined>;

export interface LinesView {
  lines: readonly Message[];
  pending: readonly Outgoing[];
  /** Lines between colleagues on their way. */
  notes?: readonly Outgoing[];
  /** Whose lines stand at the end side. */
  mine: "visitor" | "agent";
  texts: LineTexts;
  notices: NoticeTexts;
  base: string;
  language: string;
  online: boolean;
  author: (line: Message) => PersonView;
  retry: (clientId: string) => void;
}

const GROUP_GAP_MS = 5 * 60_000;

export function lineList(view: LinesView): TemplateResult {
  const shown = view.lines.filter(({ content }) => content.type !== "notice" || noticeText(view, content));
  return html`<ol class="lines">
    ${repeat(
      shown,
      (line) => line.id,
      (line, index) => row(view, line, shown[index - 1], shown[index + 1]),
    )}
    ${repeat(
      view.pending,
      (item) => item.body.client_id,
      (item) => outgoing(view, item, false),
    )}
    ${repeat(
      view.notes ?? [],
      (item) => item.body.client_id,
      (item) => outgoing(view, item, true),
    )}
  </ol>`;
}

export type Kind = "person" | "bot" | "house";

export function avatar(who: PersonView, base: string, size: "small" | "large", kind: Kind): TemplateResult {
  const url = pictureUrl(who.picture_url, base);
  const pixels = size === "large" ? 22 : 15;
  const letter =
    kind === "bot" ? icons.spark(pixels) : kind === "house" ? icons.chat(pixels) : initial(who.name);
  return html`<span class="avatar ${size} ${kind}" aria-hidden="true"
    >${url ? html`<img src=${url} alt="" referrerpolicy="no-referrer" />` : letter}</span
  >`;
}

function row(view: LinesView, line: Message, before?: Message, after?: Message): TemplateResult {
  const { role } = line.author;
  const { content } = line;
  if (content.type === "notice") {
    return html`<li class="notice" data-testid="message" data-role=${role} data-notice=${content.key}>
      <span>${noticeText(view, content)}</span>
    </li>`;
  }
  const mine = role === view.mine;
  const first = !together(before, line);
  const last = !together(line, after);
  const who = view.author(line);
  return html`<li
    class="line ${line.private ? "private" : ""} ${mine ? "mine" : "theirs"} ${first ? "first" : ""} ${last ? "last" : ""}"
    data-testid="message"
    data-role=${role}
    data-type=${content.type}
    data-id=${line.id}
  >
    ${
      !mine && first
        ? html`<p class="author">${avatar(who, view.base, "small", role === "bot" ? "bot" : "person")} ${who.name}</p>`
        : html`<span class="visually-hidden">${mine ? view.texts.you : who.name}</span>`
    }
    ${
      line.private && view.texts.privateNote
        ? html`<p class="private-label">${icons.shield(14)} ${view.texts.privateNote}</p>`
        : nothing
    }
    ${body(view, content)}
    ${last ? html`<time class="at" datetime=${line.at}>${clock(line.at, view.language)}</time>` : nothing}
  </li>`;
}

function body(view: LinesView, content: Content): TemplateResult | typeof nothing {
  const { texts, base } = view;
  switch (content.type) {
    case "text":
      return html`<p class="words" dir="auto">${linked(content.text)}</p>`;
    case "image": {
      const url = pictureUrl(content.url, base);
      if (!url) return nothing;
      return html`<a class="picture" href=${url} target="_blank" rel="noopener noreferrer">
        <img src=${url} alt=${content.alt || texts.image} loading="lazy" referrerpolicy="no-referrer" />
      </a>`;
    }
    case "card": {
      const url = pictureUrl(content.image_url, base);
      return html`<div class="card" role="group" aria-label=${texts.cardLabel} dir="auto">
        ${url ? html`<img src=${url} alt="" loading="lazy" referrerpolicy="no-referrer" />` : nothing}
        <div class="card-body">
          <p class="card-kicker">${icons.person(16)} ${texts.cardLabel}</p>
          ${content.title ? html`<h3>${content.title}</h3>` : nothing}
          <p class="card-text">${linked(content.text)}</p>
        </div>
      </div>`;
    }
    case "cards":
      return shownCards(content, texts, base);
    case "file":
      return downloadable(content, texts, base);
    case "erased":
      return html`<p class="words erased">${texts.erased}</p>`;
    case "notice":
      return nothing;
  }
}

function outgoing(view: LinesView, item: Outgoing, note: boolean): TemplateResult {
  const { texts } = view;
  return html`<li
    class="line mine first last pending ${note ? "private" : ""}"
    data-testid="message"
    data-role=${view.mine}
    data-type="text"
    data-pending=${item.state}
  >
    <span class="visually-hidden">${texts.you}</span>
    <p class="words" dir="auto">${linked(item.body.text)}</p>
    ${
      item.state === "failed"
        ? html`<p class="at failed">
          ${icons.alert(14)} ${texts.notSent}
          <button class="link" data-testid="retry" @click=${() => view.retry(item.body.client_id)}>
            ${texts.retry}
          </button>
        </p>`
        : html`<p class="at">
          ${item.state === "waiting" && !view.online ? texts.waitingForNetwork : texts.sending}
        </p>`
    }
  </li>`;
}

function noticeText(view: LinesView, notice: Extract<Content, { type: "notice" }>): string | null {
  return view.notices[notice.key]?.(notice.params) ?? null;
}

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.content.type === "notice" || b.content.type === "notice") return false;
  return (
    a.author.role === b.author.role &&
    a.private === b.private &&
    a.author.name === b.author.name &&
    Date.parse(b.at) - Date.parse(a.at) < GROUP_GAP_MS
  );
}
