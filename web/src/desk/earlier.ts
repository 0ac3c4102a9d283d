/** What visitors talked about before, asked for once for each conversation that is looked at. */
import type { EarlierConversations } from "../api/model";
import type { Host } from "./host";

export class Earlier {
  readonly #found = new Map<string, EarlierConversations | "asked" | "failed">();
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  of(id: string): EarlierConversations | "asked" | "failed" | null {
    return this.#found.get(id) ?? null;
  }

  async look(id: string): Promise<void> {
    const known = this.#found.get(id);
    if (known && known !== "failed") return;
    this.#found.set(id, "asked");
    try {
      this.#found.set(id, await this.#host.api.earlier(id));
    } catch {
      this.#found.set(id, "failed");
    }
    this.#host.changed();
  }

  forget(id: string): void {
    this.#found.delete(id);
  }

  reset(): void {
    this.#found.clear();
  }
}
