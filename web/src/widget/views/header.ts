/** Who the visitor talks with, and how things stand. */
import { html, nothing, type TemplateResult } from "lit";
import type { PersonView } from "../../api/model";
import { avatar, type Kind } from "../../chat/lines";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";

export function header(store: WidgetStore): TemplateResult {
  const { conversation, t } = store;
  const who = partner(store);
  return html`<div class="head dark-ground">
    ${avatar(who, store.config.base, "large", kind(store))}
    <div class="head-text">
      <h2 id="panel-title">${who.name}</h2>
      <p class="head-status" data-tone=${tone(store)}><span class="dot"></span><span>${status(store)}</span></p>
    </div>
    ${
      conversation?.can.close
        ? html`<button
          class="icon-button"
          data-testid="close-conversation"
          aria-label=${t.closeConversation}
          title=${t.closeConversation}
          @click=${() => store.confirm("close")}
        >
          ${icons.leave()}
        </button>`
        : nothing
    }
    <button
      class="icon-button"
      data-testid="minimise"
      aria-label=${t.minimise}
      title=${t.minimise}
      @click=${() => store.hide()}
    >
      ${icons.chevron(22)}
    </button>
  </div>`;
}

function kind({ conversation, site }: WidgetStore): Kind {
  if (conversation?.agent) return "person";
  return conversation?.party === "bot" || (!conversation && site?.bot) ? "bot" : "house";
}

export function partner(store: WidgetStore): PersonView {
  const { conversation, site, t } = store;
  if (conversation?.agent) return conversation.agent;
  // In a queue, or when all is over, it is the house that answers, not its assistant.
  const bot = !conversation || conversation.party === "bot" ? (conversation?.bot ?? site?.bot) : null;
  return bot ?? { name: site?.name ?? t.assistant, picture_url: null };
}

function status(store: WidgetStore): string {
  const { conversation, t, botStatus } = store;
  if (store.stream === "waiting") return t.offline;
  switch (conversation?.state) {
    case "queued":
      return t.statusQueued;
    case "video_lobby":
      return t.statusLobby;
    case "in_video":
      return t.statusVideo;
    case "closed":
      return t.statusClosed;
  }
  if (conversation?.party === "agent") return t.statusAgent;
  if (botStatus === "starting") return t.botStarting;
  if (botStatus === "down") return t.botDown;
  return conversation?.party === "bot" ? t.statusBot : t.statusNone;
}

function tone(store: WidgetStore): "on" | "busy" | "off" {
  const { conversation, botStatus } = store;
  if (store.stream === "waiting" || conversation?.state === "closed") return "off";
  if (conversation?.state === "queued") return "busy";
  if (conversation?.party !== "agent" && botStatus === "starting") return "busy";
  if (conversation?.party !== "agent" && botStatus === "down") return "off";
  return "on";
}
