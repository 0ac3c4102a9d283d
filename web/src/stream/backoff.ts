/** Waits between attempts: doubling up to a ceiling, with jitter so that a restarted server is not stormed. */
export interface BackoffOptions {
  first: number;
  ceiling: number;
  random: () => number;
}

export class Backoff {
  #failures = 0;
  readonly #options: BackoffOptions;

  constructor(options: Partial<BackoffOptions> = {}) {
    this.#options = { first: 500, ceiling: 20_000, random: Math.random, ...options };
  }

  /** The next wait in milliseconds: between half of the step and the whole of it. */
  next(): number {
    const { first, ceiling, random } = this.#options;
    const step = Math.min(ceiling, first * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(step * (0.5 + random() / 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}
