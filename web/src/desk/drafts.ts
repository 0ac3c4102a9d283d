/** What the agent has begun to write, conversation by conversation: kept over a reload, gone with the conversation. */
type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const MOST = 50;
const LONGEST = 4_000;

export class Drafts {
  readonly #keep: Keep;
  readonly #key: string;
  #texts: Map<string, string>;

  constructor(keep: Keep, key: string) {
    this.#keep = keep;
    this.#key = key;
    this.#texts = read(keep, key);
  }

  of(id: string): string {
    return this.#texts.get(id) ?? "";
  }

  has(id: string): boolean {
    return this.#texts.has(id);
  }

  /** An empty text is no draft. The newest stay when there are too many. */
  set(id: string, text: string): void {
    this.#texts.delete(id);
    if (text.trim()) this.#texts.set(id, text.slice(0, LONGEST));
    this.#texts = new Map([...this.#texts].slice(-MOST));
    this.#store();
  }

  clear(): void {
    this.#texts.clear();
    this.#store();
  }

  #store(): void {
    try {
      if (this.#texts.size === 0) this.#keep.removeItem(this.#key);
      else this.#keep.setItem(this.#key, JSON.stringify([...this.#texts]));
    } catch {
      // The storage is full or forbidden: the drafts last as long as the page.
    }
  }
}

function read(keep: Keep, key: string): Map<string, string> {
  try {
    const found: unknown = JSON.parse(keep.getItem(key) ?? "[]");
    const pairs = Array.isArray(found) ? found : [];
    return new Map(pairs.filter((pair): pair is [string, string] => isPair(pair)));
  } catch {
    return new Map();
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
