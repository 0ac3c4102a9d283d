import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../src/api/http";
import type { Message, PostedMessage, PostMessage } from "../src/api/model";
import { openQuickReplies, withMessage, withMessages } from "../src/chat/history";
import { Outbox } from "../src/chat/outbox";
import { Backoff } from "../src/stream/backoff";

function line(position: number, extra: Partial<Message> = {}): Message {
  return {
    id: `m${position}`,
    conversation_id: "c1",
    position,
    author: { role: "bot", name: null },
    content: { type: "text", text: `line ${position}` },
    quick_replies: [],
    client_id: null,
    private: false,
    at: "2026-01-01T00:00:00Z",
    ...extra,
  };
}

class MemoryStorage {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

function box(post: (id: string, body: PostMessage) => Promise<PostedMessage>, keep = new MemoryStorage()) {
  let id = 0;
  const state = { target: "c1" as string | null };
  const posted: PostedMessage[] = [];
  const outbox = new Outbox({
    target: () => state.target,
    post,
    onPosted: (answer) => posted.push(answer),
    onChange: () => undefined,
    keep,
    key: "outbox",
    backoff: new Backoff({ first: 1000, random: () => 1 }),
    newId: () => `k${++id}`,
  });
  return { outbox, posted, state, keep };
}

const answer = (id: string, body: PostMessage): PostedMessage => ({
  conversation_id: id,
  message: line(1, { client_id: body.client_id }),
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("outbox", () => {
  test("sends one at a time, in order", async () => {
    const sent: string[] = [];
    let inFlight = 0;
    const { outbox, posted } = box(async (id, body) => {
      inFlight += 1;
      expect(inFlight).toBe(1);
      await Promise.resolve();
      inFlight -= 1;
      sent.push(body.text);
      return answer(id, body);
    });
    for (const text of ["a", "b", "c"]) outbox.add(text);
    await vi.runAllTimersAsync();
    expect(sent).toEqual(["a", "b", "c"]);
    expect(posted).toHaveLength(3);
    expect(outbox.items).toEqual([]);
  });

  test("without network everything waits in order and goes out later with the same ids", async () => {
    const tries: string[] = [];
    let online = false;
    const { outbox } = box(async (id, body) => {
      tries.push(body.client_id);
      if (!online) throw new ApiError(0, "unreachable");
      return answer(id, body);
    });
    outbox.add("a");
    outbox.add("b");
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.items.map((item) => item.state)).toEqual(["waiting", "waiting"]);
    online = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(tries).toEqual(["k1", "k1", "k2"]);
    expect(outbox.items).toEqual([]);
  });

  test("a refusal marks the line as failed and lets the next ones pass; a retry sends it again", async () => {
    let refuse = true;
    const { outbox } = box(async (id, body) => {
      if (refuse && body.text === "a") throw new ApiError(422, "invalid");
      return answer(id, body);
    });
    outbox.add("a");
    outbox.add("b");
    await vi.runAllTimersAsync();
    expect(outbox.items.map((item) => [item.body.text, item.state])).toEqual([["a", "failed"]]);
    refuse = false;
    outbox.retry("k1");
    await vi.runAllTimersAsync();
    expect(outbox.items).toEqual([]);
  });

  test("an answer that got lost is asked for in the same conversation, though another is open by now", async () => {
    const addresses: string[] = [];
    const { outbox, state } = box(async (id, body) => {
      addresses.push(id);
      if (addresses.length === 1) throw new ApiError(0, "unreachable");
      return answer("c2", body);
    });
    outbox.add("a");
    await vi.advanceTimersByTimeAsync(0);
    state.target = "c2";
    await vi.advanceTimersByTimeAsync(1000);
    expect(addresses).toEqual(["c1", "c1"]);
  });

  test("lines survive a reload of the page", async () => {
    const first = box(() => Promise.reject(new ApiError(0, "unreachable")));
    first.outbox.add("a");
    await vi.advanceTimersByTimeAsync(0);
    const sent: string[] = [];
    const second = box(async (id, body) => {
      sent.push(body.client_id);
      return answer(id, body);
    }, first.keep);
    await second.outbox.flush();
    expect(sent).toEqual(["k1"]);
    expect(second.keep.kept.size).toBe(0);
  });

  test("waits for a conversation to be open", async () => {
    const sent: string[] = [];
    const { outbox, state } = box(async (id, body) => {
      sent.push(id);
      return answer(id, body);
    });
    state.target = null;
    outbox.add("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([]);
    state.target = "c9";
    await outbox.flush();
    expect(sent).toEqual(["c9"]);
  });

  test("a line seen in the stream is confirmed", () => {
    const { outbox } = box(() => new Promise(() => undefined));
    outbox.add("a");
    outbox.confirm("k1");
    expect(outbox.items).toEqual([]);
  });
});

describe("history", () => {
  test("is ordered by position, each line once, the newest version of a line winning", () => {
    const erased = line(1, { content: { type: "erased" } });
    const list = withMessages([line(1), line(3)], [line(2), line(3), erased]);
    expect(list.map((l) => l.position)).toEqual([1, 2, 3]);
    expect(list[0]?.content.type).toBe("erased");
  });

  test("quick replies are open until something is said after them", () => {
    const offered = line(1, { quick_replies: [{ title: "Yes", value: "/yes" }] });
    const notice = line(2, {
      author: { role: "system", name: null },
      content: { type: "notice", key: "x", params: {} },
    });
    expect(openQuickReplies([offered, notice])).toHaveLength(1);
    expect(
      openQuickReplies(withMessage([offered], line(3, { author: { role: "visitor", name: null } }))),
    ).toEqual([]);
  });
});
