/**
 * The event stream: one WebSocket that is opened again as long as it is wanted, and that goes on after the last
 * sequence number seen. A frame is delivered once and in order, however often the connection broke.
 */
import type { ControlFrame } from "../api/model";
import { Backoff } from "./backoff";

export type StreamStatus = "connecting" | "open" | "waiting" | "stopped";

/** Anything that arrives: control frames, numbered events, and events without a number (typing, bot status). */
interface Sequenced {
  type: string;
  seq?: number;
}

export interface SocketLike {
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
}

export interface StreamOptions<E extends Sequenced> {
  url: string;
  /** The last number already known, from the state that the page loaded with. */
  after: number;
  hello: (after: number) => object;
  onEvent: (event: E) => void;
  onStatus: (status: StreamStatus) => void;
  /** The server refused this client (it closes after that). The page decides: log in again, new session … */
  onRefused: (code: string) => void;
  /** The server's numbers start over: what the page holds may be outdated and must be loaded again. */
  onReset: () => void;
  onServerTime?: (time: string) => void;
  connect?: (url: string) => SocketLike;
  backoff?: Backoff;
}

/** No pings seen yet: how long silence is tolerated. Afterwards the server's own rhythm decides. */
const SILENCE_MS = 60_000;
const SILENCE_FLOOR_MS = 8_000;
const WELCOME_MS = 10_000;

export class EventStream<E extends Sequenced> {
  status: StreamStatus = "stopped";
  #after: number;
  #socket: SocketLike | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #tolerated = SILENCE_MS;
  #lastPing = 0;
  readonly #options: StreamOptions<E>;
  readonly #backoff: Backoff;

  constructor(options: StreamOptions<E>) {
    this.#options = options;
    this.#after = options.after;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /** The last sequence number delivered. */
  get after(): number {
    return this.#after;
  }

  start(): void {
    if (this.status !== "stopped") return;
    this.#open();
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#become("stopped");
  }

  /** The network is said to be back, or the page is visible again: do not sit out the wait. */
  nudge(): void {
    if (this.status !== "waiting") return;
    clearTimeout(this.#retry);
    this.#backoff.reset();
    this.#open();
  }

  /** Sends a frame if the stream is open; frames of the client are hints and are not kept. */
  send(frame: object): void {
    if (this.status === "open") this.#socket?.send(JSON.stringify(frame));
  }

  #open(): void {
    this.#become("connecting");
    const connect = this.#options.connect ?? ((url: string) => new WebSocket(url));
    let socket: SocketLike;
    try {
      socket = connect(this.#options.url);
    } catch {
      // The page's CSP or a malformed address: the constructor itself throws.
      this.#retryLater();
      return;
    }
    this.#socket = socket;
    this.#watch(WELCOME_MS);
    // Handlers compare the socket: a late event of a connection that was given up must not touch the new one.
    socket.onopen = () => {
      if (this.#socket === socket) socket.send(JSON.stringify(this.#options.hello(this.#after)));
    };
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(event.data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
    socket.onerror = null;
  }

  #receive(data: unknown): void {
    const frame = parse(data);
    if (!frame) return;
    this.#watch(this.#tolerated);
    if (isControl(frame)) this.#control(frame);
    else this.#deliver(frame as E);
  }

  #control(frame: ControlFrame): void {
    switch (frame.type) {
      case "ping":
        this.#learnRhythm();
        this.#socket?.send(JSON.stringify({ type: "pong" }));
        return;
      case "welcome":
        this.#backoff.reset();
        this.#options.onServerTime?.(frame.server_time);
        this.#become("open");
        if (frame.seq < this.#after) {
          this.#after = frame.seq;
          this.#options.onReset();
        }
        return;
      case "error":
        this.#options.onRefused(frame.code);
        return;
    }
  }

  #deliver(event: E): void {
    if (event.seq !== undefined) {
      // A view is sent again under its number when what it shows has changed by others: a place in a line.
      const fresh = event.seq > this.#after || (event.type === "conversation" && event.seq === this.#after);
      if (!fresh) return;
      this.#after = event.seq;
    }
    this.#options.onEvent(event);
  }

  /** A connection can die without a close. Two missed pings and a bit are proof enough. */
  #learnRhythm(): void {
    const now = Date.now();
    if (this.#lastPing > 0) {
      const interval = now - this.#lastPing;
      this.#tolerated = Math.min(SILENCE_MS, Math.max(SILENCE_FLOOR_MS, interval * 2.5));
    }
    this.#lastPing = now;
    this.#watch(this.#tolerated);
  }

  #watch(limit: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), limit);
  }

  #lost(): void {
    this.#drop();
    if (this.status !== "stopped") this.#retryLater();
  }

  #retryLater(): void {
    this.#become("waiting");
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#backoff.next());
  }

  #drop(): void {
    clearTimeout(this.#silence);
    this.#lastPing = 0;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close(1000);
    } catch {
      // Closing one that never opened may throw; it is gone either way.
    }
  }

  #become(status: StreamStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.#options.onStatus(status);
  }
}

function parse(data: unknown): Sequenced | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "type" in frame ? (frame as Sequenced) : null;
  } catch {
    return null;
  }
}

function isControl(frame: Sequenced): frame is ControlFrame & Sequenced {
  return frame.type === "ping" || frame.type === "welcome" || frame.type === "error";
}
