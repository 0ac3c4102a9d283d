/**
 * One connection to the media server. Signalling is WHIP's: the offer is posted, the answer comes back, late
 * candidates are patched, DELETE leaves. A broken connection is never mended; the caller makes a new one.
 */
import type { CallToken } from "../api/model";
import { iceConfiguration } from "./ice";

export interface PeerOptions {
  base: string;
  token: CallToken;
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  /** Under a forbidden camera the offer itself says that no picture will come. */
  sendVideo: boolean;
  onState: (state: RTCPeerConnectionState) => void;
}

/** Host candidates are found at once; a slow TURN server must not hold up the offer. */
const GATHERING_MS = 800;

export class Peer {
  readonly connection: RTCPeerConnection;
  /** Everything received, as one stream for one <video>. */
  readonly remote: MediaStream;
  readonly #options: PeerOptions;
  readonly #audio: RTCRtpTransceiver;
  readonly #video: RTCRtpTransceiver;
  readonly #late: RTCIceCandidate[] = [];
  #offered = false;
  #resource: string | null = null;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    const connection = new RTCPeerConnection(iceConfiguration(options.token));
    this.connection = connection;
    // Both lines from the start: turning the camera on later needs a track, not another negotiation.
    this.#audio = connection.addTransceiver(options.audio ?? "audio", { direction: "sendrecv" });
    this.#video = connection.addTransceiver(options.video ?? "video", {
      direction: options.sendVideo ? "sendrecv" : "recvonly",
    });
    preferVp8(this.#video);
    this.remote = new MediaStream([this.#audio.receiver.track, this.#video.receiver.track]);
    connection.onconnectionstatechange = () => options.onState(connection.connectionState);
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate || !this.#offered) return;
      this.#late.push(candidate);
      void this.#patch();
    };
  }

  async connect(): Promise<void> {
    await this.connection.setLocalDescription();
    await gathered(this.connection);
    this.#offered = true;
    const response = await fetch(this.#address(this.#options.token.url), {
      method: "POST",
      headers: { ...this.#bearer(), "content-type": "application/sdp" },
      body: this.connection.localDescription?.sdp ?? "",
      credentials: "omit",
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`call refused: ${response.status}`);
    const location = response.headers.get("location");
    if (location) this.#resource = new URL(location, response.url).href;
    const sdp = await response.text();
    if (this.#closed) {
      // Left while the answer was on its way.
      this.#leave();
      return;
    }
    await this.connection.setRemoteDescription({ type: "answer", sdp });
    void this.#patch();
  }

  async setVideo(track: MediaStreamTrack | null): Promise<void> {
    if (this.#options.sendVideo) await this.#video.sender.replaceTrack(track);
  }

  async setAudio(track: MediaStreamTrack | null): Promise<void> {
    await this.#audio.sender.replaceTrack(track);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.onconnectionstatechange = null;
    this.connection.onicecandidate = null;
    this.connection.close();
    this.#leave();
  }

  /** Kept alive, since the page may be going away at this very moment. */
  #leave(): void {
    if (!this.#resource) return;
    const resource = this.#resource;
    this.#resource = null;
    fetch(resource, {
      method: "DELETE",
      headers: this.#bearer(),
      credentials: "omit",
      keepalive: true,
    }).catch(() => undefined);
  }

  async #patch(): Promise<void> {
    const description = this.connection.localDescription?.sdp;
    if (!this.#resource || !description || this.#late.length === 0) return;
    const candidates = this.#late.splice(0);
    const lines = [pick(description, "ice-ufrag"), pick(description, "ice-pwd")];
    for (const { candidate, sdpMid } of candidates) {
      lines.push("m=audio 9 UDP/TLS/RTP/SAVPF 0", `a=mid:${sdpMid ?? "0"}`, `a=${candidate}`);
    }
    await fetch(this.#resource, {
      method: "PATCH",
      headers: { ...this.#bearer(), "content-type": "application/trickle-ice-sdpfrag" },
      body: `${lines.join("\r\n")}\r\n`,
      credentials: "omit",
    }).catch(() => undefined);
  }

  #address(url: string): string {
    return new URL(url, this.#options.base).href;
  }

  #bearer(): Record<string, string> {
    return { authorization: `Bearer ${this.#options.token.token}` };
  }
}

function pick(sdp: string, attribute: string): string {
  return new RegExp(`^a=${attribute}:.*$`, "m").exec(sdp)?.[0]?.trimEnd() ?? "";
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The server forwards without transcoding, so both sides must speak the same codec. */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs;
  if (!codecs || typeof transceiver.setCodecPreferences !== "function") return;
  const rank = (mime: string) => (/vp8/i.test(mime) ? 0 : /rtx|red|ulpfec/i.test(mime) ? 1 : 2);
  try {
    transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a.mimeType) - rank(b.mimeType)));
  } catch {
    // An engine that dislikes the list keeps its own order; the server still picks VP8.
  }
}
