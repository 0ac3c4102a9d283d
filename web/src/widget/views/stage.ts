/** The video side: the lobby before the call, and the call itself. */
import { html, nothing, type TemplateResult } from "lit";
import { play } from "../../media/play";
import { ring } from "../../ui/countdown";
import * as icons from "../../ui/icons";
import { initial } from "../../ui/text";
import { PREVIEW_SECONDS } from "../call_flow";
import type { WidgetStore } from "../store";
import { partner } from "./header";
import { micMeter } from "./waiting";

export function stage(store: WidgetStore): TemplateResult | typeof nothing {
  const { phase } = store.call;
  if (phase === "idle") return nothing;
  return phase === "call" ? call(store) : lobby(store);
}

function lobby(store: WidgetStore): TemplateResult {
  const { t, call: flow, conversation } = store;
  const { phase, media } = flow;
  const ready = phase === "preview";
  const seconds = ready ? Math.max(0, Math.ceil((flow.joinsAt - Date.now()) / 1000)) : 0;
  const { can } = conversation ?? {};
  return html`<section class="lobby" data-testid="lobby" data-phase=${phase} aria-labelledby="lobby-title">
    <h2 id="lobby-title">${flow.returning ? t.lobbyReturn : t.lobbyTitle}</h2>
    <div class="lobby-preview dark-ground">
      ${
        media.preview
          ? html`<video class="mirrored" muted playsinline aria-label=${t.localVideo} ${play(media.preview)}></video>`
          : html`<span class="no-picture">${phase === "asking" ? html`<span class="spinner"></span>` : icons.videoOff(40)}</span>`
      }
      ${ready && media.audio ? html`<div class="lobby-meter">${micMeter(store)}</div>` : nothing}
    </div>
    <p class="lobby-text" role="status">${lobbyText(store)}</p>
    ${
      ready
        ? html`<div class="lobby-count" data-testid="lobby-countdown">
          ${ring(seconds, PREVIEW_SECONDS)} <span>${t.lobbyCountdown(seconds)}</span>
        </div>`
        : nothing
    }
    <div class="lobby-buttons">
      ${
        phase === "unsupported"
          ? nothing
          : html`<button
            class="button primary"
            data-testid="lobby-join"
            ?disabled=${!ready}
            @click=${() => flow.join({ camera: true })}
          >
            ${icons.video(18)} ${t.lobbyJoin}
          </button>`
      }
      ${
        ready && media.video
          ? html`<button class="button quiet" data-testid="lobby-no-camera" @click=${() => flow.join({ camera: false })}>
            ${icons.videoOff(18)} ${t.lobbyNoCamera}
          </button>`
          : nothing
      }
      ${
        can?.leave_lobby
          ? html`<button
            class="button plain"
            data-testid="lobby-stay"
            @click=${() => store.act("video/leave-lobby")}
          >
            ${t.lobbyStay}
          </button>`
          : nothing
      }
    </div>
  </section>`;
}

function lobbyText(store: WidgetStore): string {
  const { t, call: flow, conversation } = store;
  const view = conversation?.call;
  const policy = view?.camera_policy ?? "allowed";
  if (flow.phase === "unsupported") return t.lobbyNoVideo;
  if (flow.phase === "asking") return policy === "allowed" ? t.lobbyAsking : t.lobbyAskingAudio;
  if (!flow.media.audio && !flow.media.video) return t.lobbyWatchOnly;
  if (flow.media.video) return t.lobbyReady;
  if (policy === "allowed") return t.lobbyAudioOnly;
  if (view?.reassurance) return view.reassurance;
  return policy === "forbidden" ? t.lobbyCameraForbidden : t.lobbyCameraOff;
}

function call(store: WidgetStore): TemplateResult {
  const { t, call: flow, conversation } = store;
  const { media, link } = flow;
  const { name } = partner(store);
  const line = stageLine(store, name);
  return html`<section class="call dark-ground" data-testid="call" data-link=${link.status}
    data-picture=${String(link.picture)} aria-label=${t.call}>
    <video
      class="remote ${link.picture ? "" : "dim"}"
      data-testid="remote-video"
      autoplay
      playsinline
      aria-label=${t.remoteVideo(name)}
      @loadeddata=${link.shown}
      @playing=${link.shown}
      @resize=${link.shown}
      ${play(link.remote, (video) => {
        flow.soundBlocked = video;
        store.showChatInCall(store.chatInCall);
      })}
    ></video>
    ${link.picture ? nothing : html`<span class="portrait" aria-hidden="true">${initial(name)}</span>`}
    <p class="call-line ${line ? "" : "empty"}" role="status">${line ?? ""}</p>
    ${
      flow.soundBlocked
        ? html`<button class="button brand tap-for-sound" data-testid="tap-for-sound" @click=${() => flow.hearSound()}>
          ${icons.sound()} ${t.tapForSound}
        </button>`
        : nothing
    }
    <div class="self ${media.preview ? "" : "empty"}">
      ${
        media.preview
          ? html`<video
            class="mirrored"
            data-testid="local-video"
            autoplay
            muted
            playsinline
            aria-label=${t.localVideo}
            ${play(media.preview)}
          ></video>`
          : icons.videoOff(22)
      }
    </div>
    <div class="controls">
      <button
        class="control ${media.muted || !media.audio ? "off" : ""}"
        data-testid="mute"
        data-on=${String(!media.muted && media.audio !== null)}
        aria-label=${!media.audio ? t.noMicrophone : media.muted ? t.unmute : t.mute}
        title=${!media.audio ? t.noMicrophone : media.muted ? t.unmute : t.mute}
        ?disabled=${!media.audio}
        @click=${() => media.setMuted(!media.muted)}
      >
        ${media.muted || !media.audio ? icons.micOff(22) : icons.mic(22)}
      </button>
      ${cameraButton(store)}
      <button
        class="control chat-toggle ${store.chatInCall ? "on" : ""}"
        data-testid="toggle-chat"
                aria-label=${chatLabel(store)}
        title=${store.chatInCall ? t.showVideo : t.showChat}
        @click=${() => store.showChatInCall(!store.chatInCall)}
      >
        ${icons.chat(22)}
        ${store.unread > 0 ? html`<span class="badge" aria-hidden="true">${store.unread}</span>` : nothing}
      </button>
      ${
        conversation?.can.hang_up || conversation?.can.leave_lobby
          ? html`<button
            class="control hang-up"
            data-testid="hang-up"
            aria-label=${t.hangUp}
            title=${t.hangUp}
            @click=${() => (conversation.can.hang_up ? store.confirm("hang-up") : store.act("video/leave-lobby"))}
          >
            ${icons.hangUp(26)}
          </button>`
          : nothing
      }
    </div>
  </section>`;
}

function chatLabel({ t, chatInCall, unread }: WidgetStore): string {
  if (chatInCall) return t.showVideo;
  return unread > 0 ? `${t.showChat} (${t.unread(unread)})` : t.showChat;
}

function cameraButton(store: WidgetStore): TemplateResult {
  const { t, call: flow, conversation } = store;
  const forbidden = conversation?.call?.camera_policy === "forbidden";
  const on = flow.media.video !== null;
  const label = forbidden ? t.cameraForbidden : on ? t.cameraOff : t.cameraOn;
  return html`<button
    class="control ${on ? "" : "off"}"
    data-testid="camera"
    data-on=${String(on)}
    aria-label=${label}
    title=${label}
    ?disabled=${forbidden}
    @click=${() => flow.toggleCamera()}
  >
    ${on ? icons.video(22) : icons.videoOff(22)}
  </button>`;
}

function stageLine(store: WidgetStore, name: string): string | null {
  const { t, call: flow, conversation } = store;
  const { link } = flow;
  if (link.struggling) return t.callFailed;
  if (link.status === "reconnecting") return t.reconnecting;
  if (link.status !== "live") return t.connecting;
  if (conversation?.call && !conversation.call.agent_connected) {
    return conversation.state === "in_video" ? t.otherReconnecting(name) : t.waitingForOther(name);
  }
  if (link.picture) return null;
  return link.pictureless ? t.otherCameraOff(name) : t.connecting;
}
