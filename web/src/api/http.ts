/** JSON over HTTP, with the service's problem documents as errors. */
import type { Problem } from "./model";

/** Status 0 is "no answer": offline, blocked, or timed out. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string | null = null,
  ) {
    super(`${status} ${code}`);
  }

  /** Whether the same request may well succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface HttpOptions {
  base: string;
  headers: () => Record<string, string>;
  /** The visitor's calls cross origins and carry a token; the desk's carry the cookie of its own origin. */
  credentials: RequestCredentials;
}

const TIMEOUT_MS = 15_000;

export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  get<T>(path: string): Promise<T> {
    return this.#json<T>("GET", path);
  }

  /** Null while the answer is still the one with this tag (RFC 9110, 13.1.2). */
  async getIfNew<T>(path: string, tag: string | null): Promise<{ tag: string | null; answer: T } | null> {
    const response = await this.#send("GET", path, undefined, tag ? { "if-none-match": tag } : {});
    if (response.status === 304) return null;
    return { tag: response.headers.get("etag"), answer: await read<T>(response) };
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.#json<T>("POST", path, body);
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.#json<T>("PUT", path, body);
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    return read<T>(await this.#send(method, path, body));
  }

  async #send(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const headers: Record<string, string> = {
      accept: "application/json",
      ...this.#options.headers(),
      ...more,
    };
    const init: RequestInit = {
      method,
      headers,
      credentials: this.#options.credentials,
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    if (body) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    try {
      return await fetch(this.#options.base + path, init);
    } catch {
      throw new ApiError(0, "unreachable");
    }
  }
}

async function read<T>(response: Response): Promise<T> {
  const answer: unknown = parse(await response.text().catch(() => ""));
  if (response.ok) return answer as T;
  const problem = (answer ?? {}) as Partial<Problem>;
  throw new ApiError(response.status, problem.code ?? `http_${response.status}`, problem.detail ?? null);
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
