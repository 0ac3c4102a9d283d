import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Backoff } from "../src/stream/backoff";
import { EventStream, type StreamStatus } from "../src/stream/stream";
import { FakeSocket } from "./fake_socket";

type Event = { type: string; seq?: number };

function start(after = 0) {
  const events: Event[] = [];
  const statuses: StreamStatus[] = [];
  const refusals: string[] = [];
  let resets = 0;
  const stream = new EventStream<Event>({
    url: "wss://example.test/api/visitor/socket",
    after,
    hello: (seen) => ({ type: "hello", token: "t", after: seen }),
    onEvent: (event) => events.push(event),
    onStatus: (status) => statuses.push(status),
    onRefused: (code) => refusals.push(code),
    onReset: () => {
      resets += 1;
    },
    connect: (url) => new FakeSocket(url),
    backoff: new Backoff({ random: () => 1 }),
  });
  stream.start();
  return { stream, events, statuses, refusals, resets: () => resets };
}

const message = (seq: number) => ({ type: "message", seq });

beforeEach(() => {
  FakeSocket.opened = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("hello and welcome", () => {
  test("the first frame is the hello with the last number known", () => {
    start(41);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ type: "hello", token: "t", after: 41 }]);
  });

  test("it is open at the welcome, not before", () => {
    const { stream } = start();
    FakeSocket.last.open();
    expect(stream.status).toBe("connecting");
    FakeSocket.last.deliver({ type: "welcome", seq: 0, server_time: "" });
    expect(stream.status).toBe("open");
  });

  test("client frames go out only while it is open", () => {
    const { stream } = start();
    stream.send({ type: "typing", conversation_id: "c" });
    FakeSocket.last.welcome(0);
    stream.send({ type: "typing", conversation_id: "c" });
    expect(FakeSocket.last.sent.filter((frame) => frame.type === "typing")).toHaveLength(1);
  });
});

describe("order and duplicates", () => {
  test("events arrive in order, and one already seen is dropped", () => {
    const { events, stream } = start(5);
    FakeSocket.last.welcome(9);
    for (const seq of [4, 5, 6, 7, 7, 6, 9]) FakeSocket.last.deliver(message(seq));
    expect(events.map((event) => event.seq)).toEqual([6, 7, 9]);
    expect(stream.after).toBe(9);
  });

  test("a conversation that is shown anew under the last number arrives, an older one does not", () => {
    const { events, stream } = start(5);
    FakeSocket.last.welcome(7);
    for (const [type, seq] of [
      ["message", 6],
      ["conversation", 7],
      ["conversation", 7],
      ["conversation", 6],
      ["message", 7],
    ] as const) {
      FakeSocket.last.deliver({ type, seq });
    }
    expect(events.map((event) => [event.type, event.seq])).toEqual([
      ["message", 6],
      ["conversation", 7],
      ["conversation", 7],
    ]);
    expect(stream.after).toBe(7);
  });

  test("events without a number always arrive", () => {
    const { events } = start(5);
    FakeSocket.last.welcome(5);
    FakeSocket.last.deliver({ type: "typing" });
    FakeSocket.last.deliver({ type: "typing" });
    expect(events).toHaveLength(2);
  });

  test("what is not a frame is ignored", () => {
    const { events } = start();
    FakeSocket.last.welcome(0);
    for (const junk of ["no json", "null", "3", '"text"', "{}"]) FakeSocket.last.deliver(junk);
    expect(events).toEqual([]);
  });
});

describe("reconnecting", () => {
  test("it resumes after the last number delivered", () => {
    start(1);
    FakeSocket.last.welcome(1);
    FakeSocket.last.deliver(message(8));
    FakeSocket.last.breakOff();
    vi.advanceTimersByTime(500);
    FakeSocket.last.open();
    expect(FakeSocket.opened).toHaveLength(2);
    expect(FakeSocket.last.sent[0]).toEqual({ type: "hello", token: "t", after: 8 });
  });

  test("waits double up to a ceiling, and a welcome starts them over", () => {
    start();
    const waits = [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000];
    for (const wait of waits) {
      const before = FakeSocket.opened.length;
      FakeSocket.last.breakOff();
      vi.advanceTimersByTime(wait - 1);
      expect(FakeSocket.opened).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSocket.opened).toHaveLength(before + 1);
    }
    FakeSocket.last.welcome(0);
    FakeSocket.last.breakOff();
    vi.advanceTimersByTime(500);
    expect(FakeSocket.opened).toHaveLength(waits.length + 2);
  });

  test("jitter keeps a wait between half of the step and the whole", () => {
    expect(new Backoff({ random: () => 0 }).next()).toBe(250);
    expect(new Backoff({ random: () => 0.999 }).next()).toBe(500);
  });

  test("a nudge ends the wait; late events of the old socket are ignored", () => {
    const { stream, events } = start();
    const old = FakeSocket.last;
    old.welcome(0);
    const stale = old.onmessage;
    old.breakOff();
    stream.nudge();
    expect(FakeSocket.opened).toHaveLength(2);
    stale?.({ data: JSON.stringify(message(3)) } as MessageEvent);
    expect(events).toEqual([]);
  });

  test("stopped is final: nothing reconnects", () => {
    const { stream } = start();
    FakeSocket.last.welcome(0);
    stream.stop();
    vi.advanceTimersByTime(120_000);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(FakeSocket.last.closed).toBe(true);
  });

  test("numbers that start over ask the page to load again", () => {
    const { stream, resets } = start(90);
    FakeSocket.last.welcome(4);
    expect(resets()).toBe(1);
    expect(stream.after).toBe(4);
  });

  test("a refusal is told once, with its code", () => {
    const { refusals } = start();
    FakeSocket.last.open();
    FakeSocket.last.deliver({ type: "error", code: "token_expired", detail: "" });
    expect(refusals).toEqual(["token_expired"]);
  });
});

describe("heartbeat", () => {
  test("a ping is answered", () => {
    start();
    FakeSocket.last.welcome(0);
    FakeSocket.last.deliver({ type: "ping" });
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: "pong" });
  });

  test("a socket that is never welcomed is given up", () => {
    const { stream } = start();
    FakeSocket.last.open();
    vi.advanceTimersByTime(10_000);
    expect(stream.status).toBe("waiting");
    expect(FakeSocket.last.closed).toBe(true);
  });

  test("missed pings, measured by the server's own rhythm, mean a dead connection", () => {
    const { stream } = start();
    FakeSocket.last.welcome(0);
    FakeSocket.last.deliver({ type: "ping" });
    vi.advanceTimersByTime(10_000);
    FakeSocket.last.deliver({ type: "ping" });
    vi.advanceTimersByTime(24_999);
    expect(stream.status).toBe("open");
    vi.advanceTimersByTime(1);
    expect(stream.status).toBe("waiting");
  });

  test("without pings, silence is tolerated for a minute", () => {
    const { stream } = start();
    FakeSocket.last.welcome(0);
    vi.advanceTimersByTime(59_999);
    expect(stream.status).toBe("open");
    vi.advanceTimersByTime(1);
    expect(stream.status).toBe("waiting");
  });
});
