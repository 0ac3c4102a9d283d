/** The top of the desk: what can be offered to the agent now, and how much they already carry. */
import { html, nothing, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";
import { account } from "./account";

export function header(store: DeskStore): TemplateResult {
  const { t, presence, capacity } = store;
  return html`<header class="bar dark-ground">
    <h1 class="brand-line">${icons.mark(28)} <span>Vis-à-vis</span></h1>
    <div class="presence" role="group" aria-label=${t.presence}>
      ${toggle(store, "chat", t.presenceChat, presence.chat)}
      ${toggle(store, "video", t.presenceVideo, presence.video)}
    </div>
    <ul class="load" aria-label=${t.load}>
      <li title=${t.loadChat(capacity.chat_used, capacity.chat_total)}>
        ${icons.chat(18)}
        <span aria-hidden="true">${capacity.chat_used}/${capacity.chat_total}</span>
        <span class="visually-hidden">${t.loadChat(capacity.chat_used, capacity.chat_total)}</span>
      </li>
      <li title=${t.loadVideo(capacity.video_used, capacity.video_total)}>
        ${icons.video(18)}
        <span aria-hidden="true">${capacity.video_used}/${capacity.video_total}</span>
        <span class="visually-hidden">${t.loadVideo(capacity.video_used, capacity.video_total)}</span>
      </li>
    </ul>
    ${account(store)}
  </header>`;
}

function toggle(store: DeskStore, channel: "chat" | "video", label: string, on: boolean): TemplateResult {
  const unable = channel === "video" && !store.canVideo;
  return html`<button
    class="switch"
    role="switch"
    aria-checked=${String(on)}
    data-testid="presence-${channel}"
    ?disabled=${unable}
    title=${unable ? store.t.noVideoHere : nothing}
    @click=${() => store.setPresence({ [channel]: !on })}
  >
    ${channel === "chat" ? icons.chat(18) : icons.video(18)}
    <span>${label}</span>
    <span class="switch-track" aria-hidden="true"></span>
  </button>`;
}
