/** The supervisor's board: asked for anew every two seconds, and the acts on what it shows. */
import type { AgentConversation, BoardView, ConversationSummary, Message, Requeue } from "../api/model";
import { withMessages } from "../chat/history";
import type { Host } from "./host";

const LOOK_EVERY_MS = 2_000;
const LOOK_AGAIN_MS = 5_000;

/** A conversation of somebody else that a supervisor reads along. */
export interface Reading {
  readonly id: string;
  readonly conversation: AgentConversation | null;
  readonly lines: readonly Message[];
  readonly failed: boolean;
}

export class Board {
  view: BoardView | null = null;
  /** Open conversations that somebody has. */
  held: readonly ConversationSummary[] = [];
  /** Where the list of held conversations goes on; null at its end. */
  next: string | null = null;
  /** The last look failed: what is shown may be old. */
  failed = false;
  busy = false;
  /** The conversation that a dialog is about. */
  subject: string | null = null;
  reading: Reading | null = null;

  readonly #host: Host;
  #running = false;
  #tag: string | null = null;
  #pages = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#look();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  reset(): void {
    this.stop();
    this.view = null;
    this.held = [];
    this.reading = null;
    this.#tag = null;
    this.#pages = 1;
  }

  /** Looks at once: after an act, and when the person asks for it. */
  refresh(): void {
    if (this.#running) void this.#look();
  }

  async more(): Promise<void> {
    this.#pages += 1;
    this.#tag = null;
    await this.#look();
  }

  read(id: string): void {
    this.reading = { id, conversation: null, lines: [], failed: false };
    void this.#readOn(id);
  }

  endReading(): void {
    this.reading = null;
    this.#host.changed();
  }

  async assign(id: string, agent: string): Promise<boolean> {
    return this.#act(() => this.#host.api.assign(id, agent));
  }

  async requeue(id: string, to: Requeue): Promise<boolean> {
    return this.#act(() => this.#host.api.requeue(id, to));
  }

  /** The conversation is the supervisor's own from now on, and shown as such. */
  async takeOver(id: string): Promise<void> {
    await this.#act(async () => {
      const conversation = await this.#host.api.takeOver(id);
      this.reading = null;
      this.#host.open(conversation);
      return conversation;
    });
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const found = await this.#host.api.board(this.#tag);
      if (found) {
        this.held = await this.#survey();
        this.view = found.answer;
        this.#tag = found.tag;
      }
      this.failed = false;
      if (this.reading) await this.#readOn(this.reading.id);
    } catch {
      this.failed = true;
    }
    if (!this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.failed ? LOOK_AGAIN_MS : LOOK_EVERY_MS);
    this.#host.changed();
  }

  async #survey(): Promise<ConversationSummary[]> {
    const found: ConversationSummary[] = [];
    let after: string | null = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const { conversations, next } = await this.#host.api.survey(after);
      found.push(...conversations.filter((one) => one.agent_id !== null));
      after = next;
      if (!next) break;
    }
    this.next = after;
    return found;
  }

  async #readOn(id: string): Promise<void> {
    let read: Reading;
    try {
      const { conversation, messages } = await this.#host.api.history(id);
      const lines = withMessages(this.reading?.lines ?? [], messages);
      read = { id, conversation, lines, failed: false };
    } catch {
      read = { id, conversation: null, lines: [], ...this.reading, failed: true };
    }
    if (this.reading?.id !== id) return;
    this.reading = read;
    this.#host.changed();
  }

  async #act(act: () => Promise<AgentConversation>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.#host.changed();
    try {
      this.#host.adopt(await act());
      return true;
    } catch (error) {
      this.#host.refuse(error);
      return false;
    } finally {
      this.busy = false;
      this.#tag = null;
      this.refresh();
      this.#host.changed();
    }
  }
}
