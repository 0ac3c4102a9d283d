/** The agent's side of a call. Accepting was the consent: camera and microphone join by themselves. */
import type { AgentConversation } from "../api/model";
import { CallLink } from "../media/link";
import { LocalMedia } from "../media/local";
import { canVideo } from "../media/support";
import type { AgentApi } from "./api";

export class AgentCall {
  /** The conversation whose call this is; an agent is in one call at a time. */
  conversationId: string | null = null;
  acquiring = false;
  cameraWanted = true;
  soundBlocked: HTMLVideoElement | null = null;
  readonly media: LocalMedia;
  readonly link: CallLink;
  #callId: string | null = null;
  #wasConnected = false;
  readonly #changed: () => void;

  constructor(api: AgentApi, base: string, changed: () => void) {
    this.#changed = changed;
    this.media = new LocalMedia(() => {
      this.#changed();
      void this.link.sync().catch(() => undefined);
    });
    this.link = new CallLink({
      base: `${base}/`,
      media: this.media,
      token: () => api.callToken(this.conversationId ?? ""),
      onChange: changed,
    });
  }

  /** Follows the agent's conversations: into the call that one of them has, out when it is over. */
  follow(conversations: Iterable<AgentConversation>): void {
    const inCall = [...conversations].filter((c) => c.mine && c.call && isVideo(c));
    const current = inCall.find((c) => c.call?.id === this.#callId) ?? inCall[0];
    if (!current?.call) {
      this.#end();
      return;
    }
    const lost = this.#wasConnected && !current.call.agent_connected;
    this.#wasConnected = current.call.agent_connected;
    this.link.otherIs(current.call.visitor_connected);
    if (current.call.id === this.#callId) {
      if (lost) this.link.doubt();
      return;
    }
    this.link.stop();
    this.#callId = current.call.id;
    this.conversationId = current.id;
    void this.#join(current.call.id);
  }

  async toggleCamera(): Promise<void> {
    if (this.media.video) this.media.dropCamera();
    else await this.media.acquire({ audio: false, video: true });
  }

  hearSound(): void {
    const video = this.soundBlocked;
    this.soundBlocked = null;
    if (video) {
      video.muted = false;
      video.play().catch(() => undefined);
    }
    this.#changed();
  }

  pageHidden(): void {
    this.link.stop();
  }

  async #join(id: string): Promise<void> {
    if (!canVideo()) return;
    this.acquiring = true;
    this.#changed();
    await this.media.acquire({ audio: true, video: true });
    this.acquiring = false;
    if (this.#callId === id) this.link.start();
    else if (!this.#callId) this.media.stop();
    this.#changed();
  }

  #end(): void {
    if (!this.#callId) return;
    this.#callId = null;
    this.conversationId = null;
    this.soundBlocked = null;
    this.link.stop();
    this.media.stop();
    this.#changed();
  }
}

export function isVideo(conversation: AgentConversation): boolean {
  return conversation.state === "video_lobby" || conversation.state === "in_video";
}
