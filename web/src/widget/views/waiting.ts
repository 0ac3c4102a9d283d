/** The waiting room: the place in the queue, and an honest word about how long it will take. */
import { html, nothing, type TemplateResult } from "lit";
import { minutes } from "../../i18n/shape";
import { play } from "../../media/play";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";

export function waiting(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation, t } = store;
  if (conversation?.state !== "queued") return nothing;
  const { queue, need } = conversation;
  const video = need === "video";
  return html`<section class="waiting" data-testid="waiting" aria-labelledby="waiting-title">
    <div class="waiting-top">
      <span class="pulse" aria-hidden="true">${video ? icons.video(22) : icons.person(22)}</span>
      <div>
        <h3 id="waiting-title">${video ? t.waitTitleVideo : t.waitTitle}</h3>
        <p class="waiting-facts" role="status">
          ${queue ? html`<span data-testid="position">${t.waitPosition(queue.position - 1)}</span>` : nothing}
          ${queue?.wait ? html`<span data-testid="wait">${t.waitBand(minutes(queue.wait))}</span>` : nothing}
          ${queue && !queue.wait && queue.wait_unknown ? html`<span data-testid="wait-unknown">${queue.wait_reason ? t.waitReason[queue.wait_reason] : t.waitUnknown}</span>` : nothing}
        </p>
      </div>
    </div>
    ${video && store.call.checking ? deviceTest(store) : nothing}
    ${store.leaving ? nothing : choices(store)}
  </section>`;
}

/** Put away while a message is written: on a phone the form needs the room. */
function choices(store: WidgetStore): TemplateResult {
  const { conversation, t } = store;
  const can = conversation?.can;
  const video = conversation?.need === "video";
  return html`<p class="waiting-hint">${t.waitKeepWriting}</p>
    <div class="waiting-buttons">
      ${
        video && store.canVideo && !store.call.checking
          ? html`<button
            class="button quiet small"
            data-testid="test-devices"
            @click=${() => store.call.test(store.site?.camera_policy ?? "allowed")}
          >
            ${icons.video(18)} ${t.testDevices}
          </button>`
          : nothing
      }
      ${
        can?.leave_queue
          ? html`<button class="button quiet small" data-testid="leave-queue" @click=${() => store.act("queue/leave")}>
            ${t.waitLeave}
          </button>`
          : nothing
      }
      ${
        can?.leave_message
          ? html`<button class="button quiet small" data-testid="leave-message" @click=${() => store.openLeaving(true)}>
            ${icons.mail(18)} ${t.leaveMessage}
          </button>`
          : nothing
      }
    </div>`;
}

function deviceTest(store: WidgetStore): TemplateResult {
  const { call, t } = store;
  const { preview, audio } = call.media;
  return html`<div class="device-test">
    ${preview ? html`<video muted playsinline aria-label=${t.localVideo} ${play(preview)}></video>` : nothing}
    ${audio ? micMeter(store) : html`<p>${t.noMicrophone}</p>`}
  </div>`;
}

export function micMeter(store: WidgetStore): TemplateResult {
  return html`<span class="meter">
    ${icons.mic(18)}
    <meter min="0" max="1" .value=${store.call.level.value} aria-label=${store.t.micLevel}></meter>
  </span>`;
}
