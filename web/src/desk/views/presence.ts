/** What the agent can be offered: per channel a switch, and beside it the pauses with their reasons. */
import { html, nothing, type TemplateResult } from "lit";
import type { SetPresence } from "../../api/model";
import * as icons from "../../ui/icons";
import { minutesAndSeconds } from "../../ui/text";
import { CHANNELS, type Channel, type DeskStore } from "../store";
import { closeOutside } from "./account";

type Wanted = NonNullable<SetPresence[Channel]>;

export function presence(store: DeskStore): TemplateResult {
  return html`<div class="presence" role="group" aria-label=${store.t.presence}>
    ${CHANNELS.map((channel) => control(store, channel))}
  </div>`;
}

/** The switch knows available and offline, which is what is needed most; the menu knows all. */
function control(store: DeskStore, channel: Channel): TemplateResult {
  const { t } = store;
  const { state } = store.presence[channel];
  const on = state === "available";
  const unable = channel === "video" && !store.canVideo;
  const label = channel === "chat" ? t.presenceChat : t.presenceVideo;
  const words = stateWords(store, channel);
  const set = (wanted: Wanted) => void store.setPresence({ [channel]: wanted });
  return html`<div class="channel" data-state=${state}>
    <button
      class="switch"
      role="switch"
      aria-checked=${String(on)}
      aria-label="${label}, ${words}"
      data-testid="presence-${channel}"
      data-state=${state}
      ?disabled=${unable}
      title=${unable ? t.noVideoHere : nothing}
      @click=${() => set({ state: on ? "offline" : "available" })}
    >
      ${channel === "chat" ? icons.chat(18) : icons.video(18)}
      <span class="switch-text">
        <span>${label}</span>
        <span class="switch-state">${words}</span>
      </span>
      <span class="switch-track" aria-hidden="true"></span>
    </button>
    ${unable ? nothing : menu(store, channel, label, set)}
  </div>`;
}

function menu(
  store: DeskStore,
  channel: Channel,
  label: string,
  set: (wanted: Wanted) => void,
): TemplateResult {
  const { t, pauseReasons } = store;
  const { state, reason } = store.presence[channel];
  const item = (words: string, wanted: Wanted, testId: string) => {
    const now = state === wanted.state && reason === (wanted.reason ?? null);
    const choose = (event: Event) => {
      const details = (event.currentTarget as HTMLElement).closest("details");
      set(wanted);
      if (!details) return;
      details.open = false;
      details.querySelector("summary")?.focus();
    };
    return html`<button
      class="menu-item"
      aria-pressed=${String(now)}
      data-testid="${channel}-${testId}"
      @click=${choose}
    >
      <span>${words}</span> ${now ? icons.check(18) : nothing}
    </button>`;
  };
  return html`<details class="states" @toggle=${closeOutside}>
    <summary aria-label=${t.presenceChoose(label)} data-testid="presence-${channel}-menu">
      ${icons.chevron(16)}
    </summary>
    <div class="menu" role="group" aria-label=${t.presenceChoose(label)}>
      ${item(t.presenceAvailable, { state: "available" }, "available")}
      ${
        pauseReasons.length === 0
          ? item(t.presencePaused, { state: "paused" }, "paused")
          : html`<p class="menu-title">${t.presencePaused}</p>
            ${pauseReasons.map(({ id }) => item(store.pauseReason(id), { state: "paused", reason: id }, `paused-${id}`))}`
      }
      ${item(t.presenceOffline, { state: "offline" }, "offline")}
    </div>
  </details>`;
}

function stateWords(store: DeskStore, channel: Channel): string {
  const { t } = store;
  const { state, reason, busy } = store.presence[channel];
  switch (state) {
    case "available":
      return busy ? t.presenceBusy : t.presenceAvailable;
    case "paused":
      return reason ? t.presencePausedFor(store.pauseReason(reason)) : t.presencePaused;
    case "offline":
      return t.presenceOffline;
  }
}

/** What keeps offers away for now, and how to end it. */
export function presenceNotes(store: DeskStore): TemplateResult | typeof nothing {
  const { t } = store;
  const seconds = store.wrapUpSeconds;
  const missed = store.pausedForMissed.length > 0;
  if (!missed && seconds === 0) return nothing;
  return html`<section aria-label=${t.presence}>
    ${
      missed
        ? html`<div class="note">
          <span role="status">${t.pausedForMissed}</span>
          <button class="button brand small" data-testid="come-back" @click=${() => store.comeBack()}>${t.comeBack}</button>
        </div>`
        : nothing
    }
    ${
      seconds > 0
        ? html`<div class="note" data-testid="wrap-up">
          <span role="status">${t.wrapUp}</span>
          <span role="timer">${minutesAndSeconds(seconds)}</span>
          <button class="button brand small" data-testid="end-wrap-up" @click=${() => store.endWrapUp()}>${t.endWrapUp}</button>
        </div>`
        : nothing
    }
  </section>`;
}
