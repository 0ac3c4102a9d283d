/** What visitors left when nobody could answer: the list, and one message with its answer. */
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import type { LeftMessage } from "../../api/model";
import { grow } from "../../ui/grow";
import * as icons from "../../ui/icons";
import { dayAndClock, linked } from "../../ui/text";
import type { DeskStore } from "../store";
import { languageName } from "./language";

export function inboxList(store: DeskStore): TemplateResult {
  const { t, inbox } = store;
  return html`<section class="list" aria-label=${t.inbox.title} data-testid="inbox" data-progress=${inbox.progress}>
    <h2>${t.inbox.title} <span class="count">${inbox.open}</span></h2>
    ${listed(store)}
  </section>`;
}

function listed(store: DeskStore): TemplateResult {
  const { t, inbox } = store;
  if (inbox.progress === "failed") {
    return html`<div class="list-trouble" role="alert">
      <p>${t.inbox.failed}</p>
      <button class="button quiet small" @click=${() => inbox.load()}>${icons.retry(18)} ${t.retry}</button>
    </div>`;
  }
  if (inbox.progress !== "shown") {
    return html`<p class="list-wait" role="status"><span class="spinner"></span> ${t.inbox.loading}</p>`;
  }
  if (inbox.messages.length === 0) return html`<p class="list-none">${t.inbox.none}</p>`;
  return html`<ul>
      ${repeat(
        inbox.messages,
        (message) => message.id,
        (message) => item(store, message),
      )}
    </ul>
    ${
      inbox.next
        ? html`<button class="button plain small" data-testid="inbox-more" @click=${() => inbox.more()}>
          ${t.inbox.more}
        </button>`
        : nothing
    }`;
}

function item(store: DeskStore, message: LeftMessage): TemplateResult {
  const { t, inbox, language } = store;
  const here = inbox.selected === message.id;
  return html`<li>
    <button
      class="item ${here ? "selected" : ""}"
      aria-current=${here ? "true" : "false"}
      data-testid="left-message"
      data-state=${message.state}
      @click=${() => inbox.select(message.id)}
    >
      <span class="item-face ${message.state === "open" ? "" : "away"}">${icons.mail(18)}</span>
      <span class="item-text">
        <span class="item-top">
          <strong dir="auto">${writer(store, message)}</strong>
          <time datetime=${message.at}>${dayAndClock(message.at, language)}</time>
        </span>
        <span class="item-words" dir="auto">${message.erased ? t.erased : message.text}</span>
        <span class="item-tags">
          <span class="tag ${message.state}">${stateWords(store, message)}</span>
          ${message.visitor_present ? html`<span class="tag">${t.inbox.present}</span>` : nothing}
        </span>
      </span>
    </button>
  </li>`;
}

function stateWords({ t }: DeskStore, message: LeftMessage): string {
  if (message.state !== "taken") return t.inbox.state[message.state];
  return message.mine || !message.taken_by ? t.inbox.mine : t.inbox.takenBy(message.taken_by);
}

function writer(store: DeskStore, message: LeftMessage): string {
  return message.name || `${store.t.visitor} ${message.conversation_id.slice(-4)}`;
}

/** The middle of the desk while the inbox is shown. */
export function leftMessage(store: DeskStore): TemplateResult {
  const { t, inbox } = store;
  const message = inbox.current;
  if (message) return keyed(message.id, one(store, message)) as unknown as TemplateResult;
  const none = inbox.progress === "shown" && inbox.messages.length === 0;
  return html`<div class="empty">
    <span class="empty-art">${icons.inbox(56)}</span>
    <h2>${none ? t.inbox.none : t.inbox.pick}</h2>
    ${none ? html`<p>${t.inbox.noneText}</p>` : nothing}
    ${inbox.gone ? html`<p role="status" data-testid="left-gone">${t.inbox.gone}</p>` : nothing}
  </div>`;
}

function one(store: DeskStore, message: LeftMessage): TemplateResult {
  const { t, inbox, language } = store;
  return html`<article class="pane left" data-testid="left" data-state=${message.state} aria-labelledby="left-title">
    <div class="pane-head">
      <button class="icon-button back" aria-label=${t.inbox.back} data-testid="back" @click=${() => inbox.select(null)}>
        ${icons.back(22)}
      </button>
      <div class="pane-title">
        <h2 id="left-title" dir="auto">${writer(store, message)}</h2>
        <p>
          <span class="tag ${message.state}" data-testid="left-state">${stateWords(store, message)}</span>
          <span class="pane-sub">${message.site_name} · ${languageName(message.language, language)}</span>
        </p>
      </div>
      ${headButtons(store, message)}
    </div>
    <div class="left-body">
      <dl class="left-facts">
        ${fact(t.inbox.when, html`<time datetime=${message.at}>${dayAndClock(message.at, language)}</time>`)}
        ${fact(t.inbox.email, message.email)} ${fact(t.group, store.labelOf(message))}
        ${fact(t.languageOf, languageName(message.language, language))}
      </dl>
      <p class="left-words ${message.erased ? "erased" : ""}" dir="auto" data-testid="left-words">${message.erased ? t.inbox.erased : linked(message.text)}</p>
      ${
        message.visitor_present
          ? html`<p class="left-note">${icons.info(18)} <span>${t.inbox.presentText}</span></p>`
          : nothing
      }
      ${answer(store, message)}
    </div>
  </article>`;
}

function fact(name: string, value: string | TemplateResult): TemplateResult | typeof nothing {
  return value ? html`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>` : nothing;
}

function headButtons(store: DeskStore, message: LeftMessage): TemplateResult | typeof nothing {
  const { t, inbox } = store;
  if (message.state === "open") {
    return html`<button
      class="button brand small"
      data-testid="take"
      ?disabled=${inbox.busy}
      @click=${() => inbox.change(message, "take")}
    >
      ${icons.check(18)} ${t.inbox.take}
    </button>`;
  }
  // What a colleague took, a supervisor gives back; nobody else sees it.
  if (message.state !== "taken") return nothing;
  return html`<button
    class="button quiet small"
    data-testid="release"
    ?disabled=${inbox.busy}
    @click=${() => inbox.change(message, "release")}
  >
    ${t.inbox.release}
  </button>`;
}

function answer(store: DeskStore, message: LeftMessage): TemplateResult | typeof nothing {
  const { t, inbox } = store;
  if (message.state === "sending") return onItsWay(store, message);
  if (message.state !== "open" && !(message.state === "taken" && message.mine)) return nothing;
  return html`<section class="left-answer">
    <div class="left-buttons">
      <button
        class="button primary"
        data-testid="answer-in-conversation"
        ?disabled=${inbox.busy}
        @click=${() => inbox.answerInConversation(message)}
      >
        ${icons.chat(18)} ${t.inbox.converse}
      </button>
      <button class="button quiet" data-testid="dismiss" ?disabled=${inbox.busy} @click=${() => store.show("dismiss")}>
        ${t.inbox.dismiss}
      </button>
    </div>
    ${mailForm(store, message)}
  </section>`;
}

function mailForm(store: DeskStore, message: LeftMessage): TemplateResult | typeof nothing {
  const { t, inbox } = store;
  if (message.erased) return nothing;
  if (!inbox.mail) return html`<p class="hint-line" data-testid="no-mail">${t.inbox.noMail}</p>`;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget as HTMLFormElement).get("words");
    void inbox.answerByMail(message, String(words));
  };
  return html`<form class="form" @submit=${submit} data-testid="mail-form">
    <h3>${t.inbox.answerMail}</h3>
    ${
      message.mail_error
        ? html`<p class="problem" role="alert" data-testid="mail-failed">
          ${icons.alert(18)} <span>${t.inbox.sendFailed(mailTrouble(store, message.mail_error))}</span>
        </p>`
        : nothing
    }
    <label>
      ${t.inbox.answerText}
      <textarea
        name="words"
        rows="5"
        required
        maxlength="10000"
        data-testid="mail-words"
        .defaultValue=${message.answer ?? ""}
        @input=${(event: Event) => grow(event.currentTarget as HTMLTextAreaElement)}
      ></textarea>
    </label>
    <button class="button brand" type="submit" data-testid="mail-send" ?disabled=${inbox.busy}>
      ${icons.send(18)} ${t.inbox.send}
    </button>
  </form>`;
}

function mailTrouble({ t }: DeskStore, code: string): string {
  const words: Record<string, string | undefined> = t.inbox.trouble;
  return words[code] ?? code;
}

function onItsWay(store: DeskStore, message: LeftMessage): TemplateResult {
  const { t } = store;
  const tries = message.mail_attempts;
  return html`<section class="left-answer" data-testid="left-sending">
    <p class="left-note ${message.mail_error ? "trouble" : ""}" role="status">
      ${message.mail_error ? icons.alert(18) : html`<span class="spinner small-spinner"></span>`}
      <span>${message.mail_error ? t.inbox.sendingAgain(tries) : t.inbox.sending}</span>
    </p>
    ${
      message.answer
        ? html`<h3>${t.inbox.answerText}</h3>
          <p class="left-words answer" dir="auto">${linked(message.answer)}</p>`
        : nothing
    }
  </section>`;
}
