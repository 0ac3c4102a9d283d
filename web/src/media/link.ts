/** Keeps a person connected to a call: one peer connection after another, each with a fresh token. */
import type { CallToken } from "../api/model";
import { Backoff } from "../stream/backoff";
import type { LocalMedia } from "./local";
import { Peer } from "./peer";
import { type CallStats, callStats } from "./stats";

export type LinkStatus = "idle" | "connecting" | "live" | "reconnecting";

export interface LinkOptions {
  base: string;
  media: LocalMedia;
  token: () => Promise<CallToken>;
  onChange: () => void;
}

/** ICE may mend a short gap by itself; after this, a new connection is quicker. */
const DISCONNECTED_MS = 1_000;
/** An answer that never leads to a connection: blocked UDP, a lost room. */
const CONNECT_MS = 12_000;
/** After so many attempts in a row the person is told; the attempts go on. */
const TELL_AFTER = 3;
/** How long a fresh connection is believed, though the server has not said so yet. */
const SETTLED_MS = 1_500;
/** A first picture may take so long; before, nobody is said to have no camera. */
const PICTURE_MS = 3_000;

export class CallLink {
  status: LinkStatus = "idle";
  remote: MediaStream | null = null;
  /** Whether the other side's picture is moving. */
  picture = false;
  /** There has been time for a picture, and none is here: the other side's camera is off. */
  pictureless = false;
  struggling = false;
  #peer: Peer | null = null;
  #run = 0;
  #attempts = 0;
  #connections = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #frames = 0;
  #stillFor = 0;
  #liveSince = 0;
  #otherSince = 0;
  #video: HTMLVideoElement | null = null;
  readonly #options: LinkOptions;
  readonly #backoff = new Backoff({ first: 400, ceiling: 4_000 });

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.status !== "idle") return;
    this.#attempts = 0;
    this.#backoff.reset();
    this.#become("connecting");
    this.#watch = setInterval(() => void this.#look(), 1000);
    void this.#connect();
  }

  stop(): void {
    if (this.status === "idle") return;
    this.#run += 1;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#peer?.close();
    this.#peer = null;
    this.remote = null;
    this.#video = null;
    this.#stillFor = 0;
    this.picture = false;
    this.pictureless = false;
    this.struggling = false;
    this.#become("idle");
  }

  /** Sends what `media` holds now: after the camera or the microphone came or went. */
  async sync(): Promise<void> {
    await this.#peer?.setVideo(this.#options.media.video);
    await this.#peer?.setAudio(this.#options.media.audio);
  }

  /** The server says that this side is gone. It hears the silence sooner than ICE here gives up. */
  doubt(): void {
    if (this.status !== "live" || Date.now() - this.#liveSince < SETTLED_MS) return;
    this.#become("reconnecting");
    void this.#connect();
  }

  /** What the server says about the other side: from their arrival on, a picture can be expected. */
  otherIs(connected: boolean): void {
    if (!connected) this.#otherSince = 0;
    else if (this.#otherSince === 0) this.#otherSince = Date.now();
  }

  /** The element that shows the other side has a picture: it knows at once, the counters a second later. */
  readonly shown = (event: Event): void => {
    this.#video = event.currentTarget as HTMLVideoElement;
    if (this.#video.videoWidth > 0) this.#setPicture(true);
  };

  stats(): Promise<CallStats> | null {
    return this.#peer ? callStats(this.#peer.connection, this.#connections) : null;
  }

  async #connect(): Promise<void> {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    try {
      const token = await this.#options.token();
      if (run !== this.#run) return;
      const { media } = this.#options;
      const peer = new Peer({
        base: this.#options.base,
        token,
        audio: media.audio,
        video: media.video,
        sendVideo: token.role === "agent" || token.camera_policy !== "forbidden",
        onState: (state) => {
          if (run === this.#run) this.#onState(state);
        },
      });
      this.#replace(peer);
      this.#again(CONNECT_MS);
      await peer.connect();
      // The camera may have been switched while the offer was under way.
      if (run === this.#run) await this.sync();
    } catch {
      if (run === this.#run) this.#again(this.#backoff.next());
    }
  }

  #onState(state: RTCPeerConnectionState): void {
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#attempts = 0;
      this.#connections += 1;
      this.#liveSince = Date.now();
      this.#backoff.reset();
      this.struggling = false;
      this.remote = this.#peer?.remote ?? null;
      this.#become("live");
    } else if (state === "disconnected") {
      this.#become("reconnecting");
      this.#again(DISCONNECTED_MS);
    } else if (state === "failed" || state === "closed") {
      this.#become("reconnecting");
      this.#again(this.#backoff.next());
    }
  }

  #again(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#attempts += 1;
      this.struggling = this.#attempts >= TELL_AFTER;
      this.#options.onChange();
      void this.#connect();
    }, wait);
  }

  #replace(peer: Peer): void {
    this.#peer?.close();
    this.#peer = peer;
    this.#frames = 0;
    // While a connection is replaced the last picture stays on the screen.
    this.remote ??= peer.remote;
    this.#options.onChange();
  }

  /** A muted track says nothing reliable across engines; decoded frames do. */
  async #look(): Promise<void> {
    const stats = await this.stats()?.catch(() => null);
    if (!stats) return;
    const moving = stats.framesDecoded > this.#frames;
    this.#stillFor = moving ? 0 : this.#stillFor + 1;
    this.#frames = stats.framesDecoded;
    if (moving) this.#setPicture(true);
    else if (this.#stillFor >= 3) this.#setPicture(false);
  }

  #setPicture(picture: boolean): void {
    const both = this.status === "live" && this.#otherSince > 0;
    const late = Date.now() - Math.max(this.#liveSince, this.#otherSince) >= PICTURE_MS;
    const pictureless = !picture && both && late;
    if (picture) this.#stillFor = 0;
    if (this.picture && !picture) {
      // The next picture to be painted ends the absence.
      this.#video?.requestVideoFrameCallback?.(() => {
        if (this.status !== "idle") this.#setPicture(true);
      });
    }
    if (picture === this.picture && pictureless === this.pictureless) return;
    this.picture = picture;
    this.pictureless = pictureless;
    this.#options.onChange();
  }

  #become(status: LinkStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.#options.onChange();
  }
}
