/** Handing a conversation on: who could receive it now, looked up again while the agent chooses. */
import type { Transfer, TransferGroup, TransferTargets } from "../api/model";
import type { Host } from "./host";

const LOOK_EVERY_MS = 4_000;

export class TransferChoice {
  conversationId: string | null = null;
  targets: TransferTargets | null = null;
  /** The groups of the latest look, which name a transfer that is under way. */
  groups: readonly TransferGroup[] = [];
  failed = false;
  busy = false;

  readonly #host: Host;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  begin(conversationId: string): void {
    this.end();
    this.conversationId = conversationId;
    void this.look();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.conversationId = null;
    this.targets = null;
    this.failed = false;
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const id = this.conversationId;
    if (!id) return;
    let found: TransferTargets | null = null;
    try {
      found = await this.#host.api.transferTargets(id);
    } catch {
      // What was found before stays on the screen.
    }
    if (this.conversationId !== id) return;
    this.targets = found ?? this.targets;
    this.groups = found?.groups ?? this.groups;
    this.failed = found === null && this.targets === null;
    this.#timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
    this.#host.changed();
  }

  /** Resolves to whether it was taken; the dialog closes then. */
  async send(to: Transfer): Promise<boolean> {
    const id = this.conversationId;
    if (!id || this.busy) return false;
    this.busy = true;
    this.#host.changed();
    try {
      this.#host.adopt(await this.#host.api.transfer(id, to));
      return true;
    } catch (error) {
      this.#host.refuse(error);
      void this.look();
      return false;
    } finally {
      this.busy = false;
      this.#host.changed();
    }
  }
}
