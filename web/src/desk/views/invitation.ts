/** Somebody waits: who, why, and for how much longer. Takes no focus, since the agent may be writing. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { EscalationView, InvitationView } from "../../api/model";
import { ring } from "../../ui/countdown";
import * as icons from "../../ui/icons";
import { elapsed } from "../../ui/text";
import type { DeskStore, Texts } from "../store";
import { languageName } from "./language";
import { why } from "./why";

const INVITATION_SECONDS = 30;

export function invitations(store: DeskStore): TemplateResult {
  return html`<div class="invitations" role="region" aria-label=${store.t.invitations} aria-live="assertive">
    ${repeat(
      store.invitations,
      (invitation) => invitation.id,
      (invitation) => popover(store, invitation),
    )}
  </div>`;
}

function popover(store: DeskStore, invitation: InvitationView): TemplateResult {
  const { t } = store;
  const { conversation, with_video, purpose } = invitation;
  const seconds = store.secondsUntil(invitation.expires_at);
  const title = purpose === "transfer" ? t.invitationTransfer : with_video ? t.invitationVideo : t.invitation;
  const { visitor } = conversation;
  return html`<section
    class="invitation"
    data-testid="invitation"
    data-invitation-id=${invitation.id}
    data-conversation-id=${conversation.id}
    aria-labelledby="title-${invitation.id}"
  >
    <div class="invitation-top">
      <div data-testid="countdown" data-seconds=${seconds}>${ring(seconds, INVITATION_SECONDS)}</div>
      <div>
        <h2 id="title-${invitation.id}">${title}</h2>
        <p class="invitation-where">${[conversation.site_name, store.labelOf(conversation)].filter(Boolean).join(" · ")}</p>
      </div>
    </div>
    ${
      purpose === "transfer" && conversation.agent
        ? html`<p class="invitation-from" data-testid="invitation-from">
          ${icons.transfer(18)} ${t.transfer.from(conversation.agent.name)}
        </p>`
        : nothing
    }
    ${conversation.escalation ? verdict(t, conversation.escalation, t.escalatesYes, t.escalatesNo) : nothing}
    ${invitation.note ? html`<p class="invitation-note"><strong>${t.note}</strong> ${invitation.note}</p>` : nothing}
    ${conversation.summary ? html`<p class="invitation-summary">${conversation.summary}</p>` : nothing}
    ${lastLines(store, invitation)}
    <ul class="facts">
      ${conversation.queue ? html`<li data-testid="waited">${icons.time(16)} ${t.waitedFor(elapsed(store.secondsSince(conversation.queue.since)))}</li>` : nothing}
      <li>${icons.globe(16)} ${languageName(visitor.language, store.language)}</li>
      <li>
        ${visitor.device === "mobile" ? icons.phone(16) : icons.computer(16)}
        ${visitor.device === "mobile" ? t.mobile : t.desktop}
      </li>
      ${visitor.page_url ? html`<li class="fact-page">${icons.info(16)} <span>${shortPage(visitor.page_url)}</span></li>` : nothing}
    </ul>
    ${why(store, invitation.why)}
    <div class="invitation-buttons">
      <button
        class="button quiet"
        data-testid="decline"
        ?disabled=${store.busy}
        @click=${() => store.decline(invitation)}
      >
        ${t.decline}
      </button>
      <button
        class="button primary"
        data-testid="accept"
        ?disabled=${store.busy}
        @click=${() => store.accept(invitation)}
      >
        ${with_video ? icons.video(18) : icons.check(18)} ${with_video ? t.acceptVideo : t.accept}
      </button>
    </div>
  </section>`;
}

export function verdict(t: Texts, escalation: EscalationView, yes: string, no: string): TemplateResult {
  const reasons: Record<string, string | undefined> = t.escalationReason;
  const reason = reasons[escalation.reason] ?? escalation.reason;
  return html`<p class="verdict ${escalation.escalates ? "yes" : "no"}" data-testid="verdict">
    ${escalation.escalates ? icons.video(18) : icons.chat(18)}
    <span><strong>${escalation.escalates ? yes : no}</strong> ${reason}</span>
  </p>`;
}

function lastLines(store: DeskStore, invitation: InvitationView): TemplateResult | typeof nothing {
  const { t } = store;
  const lines = invitation.last_messages.filter(
    // The note stands above already.
    ({ content, private: note }) => !note && (content.type === "text" || content.type === "card"),
  );
  if (lines.length === 0) return nothing;
  return html`<ul class="last-lines" aria-label=${t.lastMessages}>
    ${lines.slice(-4).map(({ author, content }) => {
      const name = author.role === "visitor" ? t.visitor : (author.name ?? t.bot);
      const text = content.type === "text" || content.type === "card" ? content.text : "";
      return html`<li class=${author.role}><strong>${name}</strong> <span>${text}</span></li>`;
    })}
  </ul>`;
}

export function shortPage(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return host + (pathname === "/" ? "" : pathname);
  } catch {
    return url;
  }
}
