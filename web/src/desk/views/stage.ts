/** The call on the desk: the visitor large, oneself at the bottom right. Stays up while another line is read. */
import { html, nothing, type TemplateResult } from "lit";
import { play } from "../../media/play";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";

export function stage(store: DeskStore): TemplateResult | typeof nothing {
  const { call, t } = store;
  const c = call.conversationId ? store.conversations.get(call.conversationId) : null;
  if (!c) return nothing;
  const { media, link } = call;
  const elsewhere = store.current?.id !== c.id;
  const line = stageLine(store);
  const leave = () => (c.can.hang_up ? store.show("hang-up") : store.act(c.id, "video/leave-lobby"));
  const leaveLabel = c.can.hang_up ? t.hangUp : t.leaveLobby;
  return html`<section
    class="call dark-ground ${elsewhere ? "mini" : ""}"
    data-testid="call"
    data-link=${link.status}
    data-picture=${String(link.picture)}
    aria-label=${t.call}
  >
    <video
      class="remote ${link.picture ? "" : "dim"}"
      data-testid="remote-video"
      autoplay
      playsinline
      aria-label=${t.remoteVideo}
      @loadeddata=${link.shown}
      @playing=${link.shown}
      @resize=${link.shown}
      ${play(link.remote, (video) => {
        call.soundBlocked = video;
        store.redraw();
      })}
    ></video>
    ${link.picture ? nothing : html`<span class="portrait">${icons.person(52)}</span>`}
    <p class="call-line ${line ? "" : "empty"}" role="status">${line ?? ""}</p>
    ${
      call.soundBlocked
        ? html`<button class="button brand tap-for-sound" data-testid="tap-for-sound" @click=${() => call.hearSound()}>
          ${icons.sound()} ${t.tapForSound}
        </button>`
        : nothing
    }
    ${
      elsewhere
        ? html`<button class="mini-open" aria-label=${t.call} @click=${() => store.open(c.id)}></button>`
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
      <button
        class="control ${media.video ? "" : "off"}"
        data-testid="camera"
        data-on=${String(media.video !== null)}
        aria-label=${media.video ? t.cameraOff : t.cameraOn}
        title=${media.video ? t.cameraOff : t.cameraOn}
        @click=${() => call.toggleCamera()}
      >
        ${media.video ? icons.video(22) : icons.videoOff(22)}
      </button>
      ${
        c.can.hang_up || c.can.leave_lobby
          ? html`<button
            class="control hang-up"
            data-testid="hang-up"
            aria-label=${leaveLabel}
            title=${leaveLabel}
            @click=${leave}
          >
            ${icons.hangUp(26)}
          </button>`
          : nothing
      }
    </div>
  </section>`;
}

function stageLine(store: DeskStore): string | null {
  const { t, call } = store;
  const { link, media } = call;
  const c = call.conversationId ? store.conversations.get(call.conversationId) : null;
  if (!store.canVideo) return t.noVideoHere;
  if (call.acquiring) return t.joining;
  if (link.struggling) return t.callFailed;
  if (link.status === "reconnecting") return t.reconnecting;
  if (link.status !== "live") return t.joining;
  if (c?.call && !c.call.visitor_connected) {
    return c.state === "in_video" ? t.visitorReconnecting : t.waitingForVisitor;
  }
  if (!media.audio && !media.video) return t.devicesDenied;
  if (link.picture) return null;
  return link.pictureless ? t.visitorCameraOff : t.pictureComes;
}
