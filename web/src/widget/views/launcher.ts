/** The notification and the round button: what a visitor sees before the chat is open. */
import { html, nothing, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";

export function launcher(store: WidgetStore): TemplateResult | typeof nothing {
  const { site, t } = store;
  if (!site) return nothing;
  const talking = store.conversation !== null && store.conversation.state !== "closed";
  if (!site.chat_entry && !site.video_entry && !talking) return nothing;
  const calling = store.call.phase !== "idle";
  const open = calling ? t.backToCall : t.launcherOpen;
  const label = store.unread > 0 ? `${open} (${t.unread(store.unread)})` : open;
  return html`
    ${talking || store.offerHidden ? nothing : offer(store)}
    <button
      class="bubble dark-ground ${calling ? "live" : ""}"
      data-testid="launcher"
      data-unread=${store.unread}
      aria-label=${label}
      aria-expanded="false"
      @click=${() => (talking || site.chat_entry ? store.begin("chat") : store.begin("video"))}
    >
      ${calling ? icons.video(30) : icons.mark(32)}
      ${store.unread > 0 ? html`<span class="badge" aria-hidden="true">${store.unread}</span>` : nothing}
    </button>
    <span class="visually-hidden" role="status">${store.unread > 0 ? t.unread(store.unread) : ""}</span>
  `;
}

function offer(store: WidgetStore): TemplateResult | typeof nothing {
  const { site, t } = store;
  if (!site) return nothing;
  const { texts } = site;
  const withVideo = site.video_entry && store.canVideo;
  return html`<section class="offer" aria-label=${t.launcherRegion}>
    <button class="icon-button offer-hide" aria-label=${t.launcherHide} @click=${() => store.hideOffer()}>
      ${icons.close(16)}
    </button>
    <h2>${texts.title}</h2>
    <p class="offer-text">${texts.subtitle}</p>
    <div class="offer-buttons">
      ${
        withVideo
          ? html`<button class="button primary" data-testid="open-video" @click=${() => store.begin("video")}>
            ${icons.video(18)} ${texts.video_button}
          </button>`
          : nothing
      }
      ${
        site.chat_entry
          ? html`<button
            class="button ${withVideo ? "quiet" : "primary"}"
            data-testid="open-chat"
            @click=${() => store.begin("chat")}
          >
            ${icons.chat(18)} ${texts.chat_button}
          </button>`
          : nothing
      }
    </div>
    ${
      withVideo && texts.reassurance
        ? html`<p class="offer-note" data-testid="reassurance">${icons.shield(18)} <span>${texts.reassurance}</span></p>`
        : nothing
    }
    ${
      site.video_entry && !store.canVideo
        ? html`<p class="offer-note">${icons.info(18)} <span>${t.noVideoHere}</span></p>`
        : nothing
    }
  </section>`;
}
