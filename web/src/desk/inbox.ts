/** The left messages that are still to be answered, as far as the agent may see them. */
import type { LeftMessage } from "../api/model";
import type { Host } from "./host";

export type InboxProgress = "unread" | "loading" | "shown" | "failed";

export class Inbox {
  progress: InboxProgress = "unread";
  /** How many wait for somebody to take them: told by the server, also of pages that are not loaded. */
  open = 0;
  /** Whether answers can go out by e-mail. */
  mail = false;
  messages: readonly LeftMessage[] = [];
  next: string | null = null;
  selected: string | null = null;
  busy = false;
  /** A selected message that somebody else has finished meanwhile. */
  gone = false;

  readonly #host: Host;
  #pages = 1;
  #looking = false;
  #again = false;

  constructor(host: Host) {
    this.#host = host;
  }

  get current(): LeftMessage | null {
    return this.messages.find((message) => message.id === this.selected) ?? null;
  }

  select(id: string | null): void {
    this.selected = id;
    this.gone = false;
    this.#host.changed();
  }

  reset(): void {
    this.progress = "unread";
    this.messages = [];
    this.selected = null;
    this.next = null;
    this.#pages = 1;
  }

  async more(): Promise<void> {
    this.#pages += 1;
    await this.load();
  }

  /** Reads the pages that are shown once more. Asked while it reads, it reads again after that. */
  async load(): Promise<void> {
    this.#again = this.#looking;
    if (this.#looking) return;
    this.#looking = true;
    if (this.progress !== "shown") this.progress = "loading";
    this.#host.changed();
    try {
      await this.#read();
      this.progress = "shown";
    } catch {
      // A list that is on the screen stays; the next change reads it again.
      if (this.progress !== "shown") this.progress = "failed";
    } finally {
      this.#looking = false;
      this.#host.changed();
    }
    if (this.#again) await this.load();
  }

  async change(message: LeftMessage, how: "take" | "release" | "dismiss"): Promise<void> {
    await this.#act(async () => {
      const changed = await this.#host.api.changeLeft(message.id, how);
      if (how === "dismiss") this.select(null);
      else this.#replace(changed);
    });
  }

  async answerByMail(message: LeftMessage, text: string): Promise<void> {
    const words = text.trim();
    if (!words) return;
    await this.#act(async () => {
      const { message: changed } = await this.#host.api.answerLeft(message.id, { how: "email", text: words });
      this.#replace(changed);
    });
  }

  async answerInConversation(message: LeftMessage): Promise<void> {
    await this.#act(async () => {
      const { conversation } = await this.#host.api.answerLeft(message.id, { how: "conversation" });
      this.selected = null;
      if (conversation) this.#host.open(conversation);
    });
  }

  async #read(): Promise<void> {
    const found: LeftMessage[] = [];
    let after: string | null = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const { messages, next, open, mail } = await this.#host.api.inbox(after);
      found.push(...messages);
      this.open = open;
      this.mail = mail;
      after = next;
      if (!next) break;
    }
    const had = this.current;
    this.messages = found;
    this.next = after;
    if (had && !this.current && !this.busy) {
      this.selected = null;
      this.gone = had.state !== "sending";
    }
  }

  async #act(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.#host.changed();
    try {
      await act();
    } catch (error) {
      this.#host.refuse(error);
    } finally {
      this.busy = false;
      await this.load();
    }
  }

  #replace(changed: LeftMessage): void {
    this.messages = this.messages.map((message) => (message.id === changed.id ? changed : message));
  }
}
