/** Where the visitor writes, and what else they may ask for. */
import { html, nothing, type TemplateResult } from "lit";
import { grow } from "../../ui/grow";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";
import { leaveMessage } from "./leave_message";

export function footer(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation } = store;
  if (conversation?.state === "closed") return closed(store);
  if (store.startFailed && !conversation) return failed(store);
  if (store.leaving && conversation?.can.leave_message) return leaveMessage(store);
  return html`${shortcuts(store)}${!conversation || conversation.can.write ? composer(store) : nothing}`;
}

function composer(store: WidgetStore): TemplateResult {
  const { t } = store;
  const submit = (event: Event) => {
    event.preventDefault();
    const area = (event.currentTarget as HTMLElement).querySelector("textarea");
    if (!area?.value.trim()) return;
    store.write(area.value);
    area.value = "";
    grow(area);
    area.focus();
  };
  return html`<form class="composer" @submit=${submit}>
    <textarea
      rows="1"
      maxlength="4000"
      data-testid="composer"
      aria-label=${t.composer}
      placeholder=${t.placeholder}
      enterkeyhint="send"
      autocomplete="off"
      @input=${(event: Event) => {
        grow(event.currentTarget as HTMLTextAreaElement);
        store.typed();
      }}
      @keydown=${(event: KeyboardEvent) => {
        // While an input method composes, Enter chooses a word.
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit();
      }}
    ></textarea>
    <button class="send" type="submit" data-testid="send" aria-label=${t.send} title=${t.send}>${icons.send()}</button>
  </form>`;
}

function shortcuts(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation, t } = store;
  if (!conversation) return nothing;
  const { can } = conversation;
  const video = can.request_video && store.canVideo;
  if (can.resume_video) {
    return html`<div class="resume" role="status">
      <p>${t.resumeText}</p>
      <button class="button primary" data-testid="resume-video" @click=${() => store.act("video/resume")}>
        ${icons.video(18)} ${t.resume}
      </button>
    </div>`;
  }
  // While somebody is being looked for, the waiting room has this button.
  const leave = can.leave_message && conversation.state !== "queued";
  if (!can.request_person && !video && !leave) return nothing;
  return html`<div class="shortcuts">
    ${
      can.request_person
        ? html`<button class="shortcut" data-testid="request-person" @click=${() => store.act("person")}>
          ${icons.person(17)} ${t.requestPerson}
        </button>`
        : nothing
    }
    ${
      video
        ? html`<button class="shortcut" data-testid="request-video" @click=${() => store.act("video")}>
          ${icons.video(17)} ${t.requestVideo}
        </button>`
        : nothing
    }
    ${leave ? leaveButton(store) : nothing}
  </div>`;
}

function leaveButton(store: WidgetStore): TemplateResult {
  return html`<button class="shortcut" data-testid="leave-message" @click=${() => store.openLeaving(true)}>
    ${icons.mail(17)} ${store.t.leaveMessage}
  </button>`;
}

function closed(store: WidgetStore): TemplateResult {
  const { t } = store;
  return html`<div class="closed" data-testid="closed">
    <h3>${t.closedTitle}</h3>
    <p>${t.closedText}</p>
    <button
      class="button brand"
      data-testid="new-conversation"
      ?disabled=${store.starting}
      @click=${() => store.startNew()}
    >
      ${icons.chat(18)} ${t.newConversation}
    </button>
  </div>`;
}

function failed(store: WidgetStore): TemplateResult {
  const { t } = store;
  return html`<div class="closed" role="alert">
    <p>${t.startFailed}</p>
    <button class="button brand" @click=${() => store.begin("chat")}>${icons.retry(18)} ${t.retry}</button>
  </div>`;
}
