/**
 * What a person wrote and the server has not confirmed yet. Sent one at a time and in order; each carries its
 * `client_id`, so that sending again after a lost answer cannot post twice. Kept over a reload of the page.
 */
import { ApiError } from "../api/http";
import type { PostedMessage, PostMessage } from "../api/model";
import { Backoff } from "../stream/backoff";

export interface Outgoing {
  body: PostMessage;
  /** Fixed at the first attempt: an answer that got lost must be asked for at the same address. */
  conversationId: string | null;
  state: "waiting" | "sending" | "failed";
  at: string;
}

export interface OutboxOptions {
  /** The conversation that new lines go to; null while none is open yet. */
  target: () => string | null;
  post: (conversationId: string, body: PostMessage) => Promise<PostedMessage>;
  onPosted: (posted: PostedMessage) => void;
  onChange: () => void;
  keep?: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
  key?: string;
  backoff?: Backoff;
  newId?: () => string;
}

export class Outbox {
  items: Outgoing[];
  #busy = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff({ first: 1000, ceiling: 15_000 });
    this.items = this.#load();
  }

  add(text: string, quickReply?: string, conversationId: string | null = null): void {
    const newId = this.#options.newId ?? (() => newClientId());
    const body: PostMessage = { client_id: newId(), text };
    if (quickReply !== undefined) body.quick_reply = quickReply;
    this.items = [...this.items, { body, conversationId, state: "waiting", at: new Date().toISOString() }];
    this.#changed();
    void this.flush();
  }

  retry(clientId: string): void {
    this.items = this.items.map((item) =>
      item.body.client_id === clientId ? { ...item, state: "waiting" } : item,
    );
    this.#changed();
    void this.flush();
  }

  /** The line arrived by the stream before the answer to the post did. */
  confirm(clientId: string | null): void {
    if (clientId) this.#remove(clientId);
  }

  /** Sends until nothing waits. Called again when the network or a conversation appears. */
  async flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#retry);
    try {
      for (let item = this.#next(); item; item = this.#next()) {
        if (!(await this.#send(item))) break;
      }
    } finally {
      this.#busy = false;
    }
  }

  #next(): Outgoing | undefined {
    return this.items.find((item) => item.state !== "failed");
  }

  async #send(item: Outgoing): Promise<boolean> {
    const conversationId = item.conversationId ?? this.#options.target();
    if (!conversationId) return false;
    const clientId = item.body.client_id;
    this.#update(clientId, { conversationId, state: "sending" });
    try {
      const posted = await this.#options.post(conversationId, item.body);
      this.#backoff.reset();
      this.#options.onPosted(posted);
      this.#remove(clientId);
      return true;
    } catch (error) {
      if (error instanceof ApiError && !error.passing && error.status !== 401) {
        // It will not get better by waiting. The next lines are not held up by this one.
        this.#update(clientId, { state: "failed" });
        return true;
      }
      this.#update(clientId, { state: "waiting" });
      this.#retry = setTimeout(() => void this.flush(), this.#backoff.next());
      return false;
    }
  }

  #update(clientId: string, change: Partial<Outgoing>): void {
    this.items = this.items.map((item) => (item.body.client_id === clientId ? { ...item, ...change } : item));
    this.#changed();
  }

  #remove(clientId: string): void {
    const left = this.items.filter((item) => item.body.client_id !== clientId);
    if (left.length === this.items.length) return;
    this.items = left;
    this.#changed();
  }

  #changed(): void {
    const { keep, key } = this.#options;
    if (keep && key) {
      try {
        if (this.items.length > 0) keep.setItem(key, JSON.stringify(this.items));
        else keep.removeItem(key);
      } catch {
        // A full or forbidden store: the lines stay in memory.
      }
    }
    this.#options.onChange();
  }

  #load(): Outgoing[] {
    const { keep, key } = this.#options;
    try {
      const kept: unknown = JSON.parse((keep && key && keep.getItem(key)) || "[]");
      return Array.isArray(kept)
        ? (kept as Outgoing[]).map((item) => ({
            ...item,
            state: item.state === "failed" ? "failed" : "waiting",
          }))
        : [];
    } catch {
      return [];
    }
  }
}

/** `crypto.randomUUID` exists in secure contexts only; the widget may be on a plain page. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
