/** What asks for an answer: the agent's proposal, and "are you sure" where an act cannot be undone. */
import { html, nothing, type TemplateResult } from "lit";
import { ring } from "../../ui/countdown";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";
import { partner } from "./header";

const PROPOSAL_SECONDS = 60;

export function proposal(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation, t, site } = store;
  const open = conversation?.proposal;
  if (!open || !conversation) return nothing;
  const seconds = store.secondsUntil(open.expires_at);
  const { can } = conversation;
  return html`<section
    class="proposal"
    role="alertdialog"
    aria-labelledby="proposal-title"
    aria-describedby="proposal-text"
    data-testid="proposal"
    tabindex="-1"
  >
    <div class="proposal-top">
      ${ring(seconds, PROPOSAL_SECONDS)}
      <div>
        <h3 id="proposal-title">${t.proposalTitle(open.agent_name || partner(store).name)}</h3>
        <p id="proposal-text">${site?.texts.reassurance ?? t.proposalText}</p>
        <p class="visually-hidden">${t.proposalCountdown(Math.ceil(seconds / 15) * 15)}</p>
      </div>
    </div>
    <div class="proposal-buttons">
      ${
        can.accept_video
          ? html`<button
            class="button primary"
            data-testid="proposal-accept"
            @click=${() => store.answerProposal("accept")}
          >
            ${icons.video(18)} ${t.proposalAccept}
          </button>`
          : nothing
      }
      ${
        can.decline_video
          ? html`<button
            class="button quiet"
            data-testid="proposal-decline"
            @click=${() => store.answerProposal("decline")}
          >
            ${t.proposalDecline}
          </button>`
          : nothing
      }
    </div>
  </section>`;
}

export function confirmation(store: WidgetStore): TemplateResult | typeof nothing {
  const { confirming, t } = store;
  if (!confirming) return nothing;
  const hangingUp = confirming === "hang-up";
  const yes = () => {
    store.confirm(null);
    void store.act(hangingUp ? "video/hang-up" : "close");
  };
  return html`<div class="veil">
    <section
      class="confirm"
      role="alertdialog"
      aria-modal="true"
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
      tabindex="-1"
    >
      <h3 id="confirm-title">${hangingUp ? t.hangUpTitle : t.closeTitle}</h3>
      <p id="confirm-text">${hangingUp ? t.hangUpText : t.closeText}</p>
      <div class="confirm-buttons">
        <button class="button quiet" data-testid="cancel" @click=${() => store.confirm(null)}>${t.cancel}</button>
        <button class="button danger" data-testid="confirm" @click=${yes}>
          ${hangingUp ? t.hangUpConfirm : t.closeConfirm}
        </button>
      </div>
    </section>
  </div>`;
}
