/** The visitor's calls, by name. */
import { ApiError, Http } from "../api/http";
import type {
  CallToken,
  LeaveMessage,
  PostedMessage,
  PostMessage,
  StartConversation,
  StartSession,
  VisitorConversation,
  VisitorHistory,
  VisitorSession,
} from "../api/model";

export type VisitorAction =
  | "person"
  | "video"
  | "video/leave-lobby"
  | "video/hang-up"
  | "video/resume"
  | "queue/leave"
  | "close";

export class VisitorApi {
  token: string | null = null;
  /** Gets a new session when the token is no longer taken; resolves to whether it worked. */
  renew: () => Promise<boolean> = async () => false;
  readonly #http: Http;

  constructor(base: string) {
    this.#http = new Http({
      base: `${base}/api/visitor`,
      credentials: "omit",
      headers: (): Record<string, string> => (this.token ? { authorization: `Bearer ${this.token}` } : {}),
    });
  }

  session(body: StartSession): Promise<VisitorSession> {
    return this.#http.post("/session", body);
  }

  start(body: StartConversation): Promise<VisitorHistory> {
    return this.#again(() => this.#http.post("/conversations", body));
  }

  history(id: string): Promise<VisitorHistory> {
    return this.#again(() => this.#http.get(`/conversations/${id}`));
  }

  post(id: string, body: PostMessage): Promise<PostedMessage> {
    return this.#again(() => this.#http.post(`/conversations/${id}/messages`, body));
  }

  act(id: string, action: VisitorAction): Promise<VisitorConversation> {
    return this.#again(() => this.#http.post(`/conversations/${id}/${action}`));
  }

  answer(id: string, proposal: string, answer: "accept" | "decline"): Promise<VisitorConversation> {
    return this.#again(() =>
      this.#http.post(`/conversations/${id}/video/${answer}`, { proposal_id: proposal }),
    );
  }

  capability(id: string, can: boolean): Promise<VisitorConversation> {
    return this.#again(() => this.#http.put(`/conversations/${id}/capability`, { can_video: can }));
  }

  camera(id: string, on: boolean): Promise<VisitorConversation> {
    return this.#again(() => this.#http.put(`/conversations/${id}/call/camera`, { on }));
  }

  leaveMessage(id: string, body: LeaveMessage): Promise<VisitorConversation> {
    return this.#again(() => this.#http.post(`/conversations/${id}/left-message`, body));
  }

  callToken(id: string): Promise<CallToken> {
    return this.#again(() => this.#http.post(`/conversations/${id}/call/token`));
  }

  async #again<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && (await this.renew())) return call();
      throw error;
    }
  }
}
