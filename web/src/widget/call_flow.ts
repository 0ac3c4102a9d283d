/**
 * The visitor's way into a call: ask for devices, show them the picture, count down, join. Nothing here decides
 * whether there is a call; it follows the conversation that the server sends.
 */
import type { CallView, VisitorConversation } from "../api/model";
import { MicLevel } from "../media/level";
import { CallLink } from "../media/link";
import { LocalMedia } from "../media/local";
import { canVideo } from "../media/support";
import type { VisitorApi } from "./api";

export type CallPhase = "idle" | "asking" | "preview" | "unsupported" | "call";

export interface CallFlowHost {
  api: VisitorApi;
  base: string;
  conversation: VisitorConversation | null;
  /** Whether the visitor can see the lobby now: panel open, page in front. */
  watched: () => boolean;
  changed: () => void;
  applied: (conversation: VisitorConversation) => void;
  complain: (what: "camera") => void;
}

/** A remembered permission must not put anybody live unannounced: the preview stands for so long. */
export const PREVIEW_SECONDS = 5;

export class VisitorCall {
  phase: CallPhase = "idle";
  /** When the preview joins by itself (milliseconds of this machine's clock). */
  joinsAt = 0;
  /** The lobby was entered because a call was already running: a reload, or a new tab. */
  returning = false;
  checking = false;
  soundBlocked: HTMLVideoElement | null = null;
  readonly media: LocalMedia;
  readonly link: CallLink;
  readonly level = new MicLevel();
  #callId: string | null = null;
  #wasConnected = false;
  #cameraPolicy: CallView["camera_policy"] = "allowed";
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #host: CallFlowHost;

  constructor(host: CallFlowHost) {
    this.#host = host;
    this.media = new LocalMedia(() => this.#mediaChanged());
    this.link = new CallLink({
      base: `${host.base}/`,
      media: this.media,
      token: () => host.api.callToken(host.conversation?.id ?? ""),
      onChange: () => this.#linkChanged(),
    });
  }

  /** Follows the conversation: into the lobby, into another call, out again. */
  follow(conversation: VisitorConversation | null): void {
    const inCall = conversation?.state === "video_lobby" || conversation?.state === "in_video";
    const call = inCall ? conversation.call : null;
    if (!call) {
      const testing = conversation?.state === "queued" && this.checking;
      if (!testing && (this.#callId || this.checking)) this.#end();
      return;
    }
    // Within a call the rule only ever becomes stricter.
    const tightened = call.id === this.#callId && call.camera_policy !== this.#cameraPolicy;
    this.#cameraPolicy = call.camera_policy;
    const lost = this.#wasConnected && !call.visitor_connected;
    this.#wasConnected = call.visitor_connected;
    this.link.otherIs(call.agent_connected);
    if (call.id !== this.#callId) {
      this.link.stop();
      this.#callId = call.id;
      this.returning = conversation?.state === "in_video";
      void this.#prepare(call);
    } else if ((tightened || call.camera_policy === "forbidden") && this.media.video) {
      // The server has shut its gate already. Where the camera may be on at all, the visitor turns it on again.
      this.media.dropCamera();
    } else if (lost) {
      this.link.doubt();
    }
  }

  /** While waiting for an agent: see and hear oneself before it matters. */
  async test(cameraPolicy: CallView["camera_policy"]): Promise<void> {
    this.checking = true;
    this.#host.changed();
    await this.media.acquire({ audio: true, video: cameraPolicy === "allowed" });
    if (!this.checking && this.phase === "idle") this.media.stop();
    else this.#listen();
  }

  /** Somebody who does not see the preview is not put live; the countdown starts again when they look. */
  lookedAt(): void {
    if (this.phase !== "preview") return;
    clearTimeout(this.#timer);
    this.joinsAt = 0;
    if (this.#host.watched()) {
      this.joinsAt = Date.now() + PREVIEW_SECONDS * 1000;
      this.#timer = setTimeout(() => this.join({ camera: true }), PREVIEW_SECONDS * 1000);
    }
    this.#host.changed();
  }

  join(options: { camera: boolean }): void {
    if (this.phase !== "preview") return;
    clearTimeout(this.#timer);
    this.level.stop();
    if (!options.camera) this.media.dropCamera();
    this.phase = "call";
    this.link.start();
    this.#host.changed();
  }

  async toggleCamera(): Promise<void> {
    if (this.media.video) {
      this.media.dropCamera();
    } else {
      await this.media.acquire({ audio: false, video: true });
      if (!this.media.video) this.#host.complain("camera");
    }
  }

  hearSound(): void {
    const video = this.soundBlocked;
    this.soundBlocked = null;
    if (video) {
      video.muted = false;
      video.play().catch(() => undefined);
    }
    this.#host.changed();
  }

  /** The page goes away: free the place at once instead of leaving the agent with a frozen picture. */
  pageHidden(): void {
    this.link.stop();
  }

  pageShown(): void {
    if (this.phase === "call") this.link.start();
  }

  async #prepare(call: CallView): Promise<void> {
    const id = call.id;
    if (!canVideo()) {
      this.phase = "unsupported";
      this.#host.changed();
      return;
    }
    this.phase = "asking";
    this.#host.changed();
    await this.media.acquire({ audio: true, video: call.camera_policy === "allowed" });
    if (this.#callId !== id) {
      if (!this.#callId) this.media.stop();
      return;
    }
    this.phase = "preview";
    this.lookedAt();
    this.#listen();
  }

  #listen(): void {
    if (this.media.audio) this.level.start(this.media.audio, () => this.#host.changed());
    this.#host.changed();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.level.stop();
    this.link.stop();
    this.media.stop();
    this.#callId = null;
    this.checking = false;
    this.soundBlocked = null;
    this.phase = "idle";
    this.#host.changed();
  }

  #mediaChanged(): void {
    this.#host.changed();
    void this.link.sync().catch(() => undefined);
    this.#tellCamera();
  }

  #linkChanged(): void {
    this.#host.changed();
    if (this.link.status === "live") this.#tellCamera();
  }

  /** The server opens its gate, and the other side its picture, only for a camera that is said to be on. */
  #tellCamera(): void {
    const { conversation, api } = this.#host;
    const call = conversation?.call;
    if (!conversation || !call || this.phase !== "call" || this.link.status !== "live") return;
    const on = this.media.video !== null;
    if (call.camera_on === on || (on && call.camera_policy === "forbidden")) return;
    api.camera(conversation.id, on).then(this.#host.applied, () => undefined);
  }
}
