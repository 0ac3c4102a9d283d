/** The top of the desk: what can be offered to the agent now, and how much they already carry. */
import { html, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";
import { account } from "./account";
import { presence } from "./presence";

export function header(store: DeskStore): TemplateResult {
  const { t, capacity } = store;
  return html`<header class="bar dark-ground">
    <h1 class="brand-line">${icons.mark(28)} <span>Vis-à-vis</span></h1>
    ${presence(store)}
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
