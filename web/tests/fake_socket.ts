import type { SocketLike } from "../src/stream/stream";

/** A socket that the test plays: it records what was sent and delivers what the test says. */
export class FakeSocket implements SocketLike {
  static opened: FakeSocket[] = [];
  readonly sent: Array<Record<string, unknown>> = [];
  closed = false;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.(new Event("open"));
  }

  deliver(frame: unknown): void {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) } as MessageEvent);
  }

  welcome(seq: number): void {
    this.open();
    this.deliver({ type: "welcome", seq, server_time: "2026-01-01T00:00:00Z" });
  }

  breakOff(): void {
    this.onclose?.({} as CloseEvent);
  }
}
