/** The agent's calls, by name. */
import { Http } from "../api/http";
import type {
  AddNote,
  AgentConversation,
  AgentHistory,
  AgentState,
  BoardView,
  CallToken,
  ConversationPage,
  EarlierConversations,
  InboxAnswer,
  InboxAnswered,
  InboxPage,
  LeftMessage,
  PostedMessage,
  PostMessage,
  Requeue,
  SetPresence,
  Transfer,
  TransferTargets,
  User,
} from "../api/model";

export type AgentAction =
  | "video/propose"
  | "video/withdraw"
  | "video/leave-lobby"
  | "video/hang-up"
  | "transfer/withdraw"
  | "close";

export class AgentApi {
  readonly #http: Http;

  constructor(base: string) {
    this.#http = new Http({
      base: `${base}/api`,
      credentials: "same-origin",
      // A header that no form of another site can send: the service's guard against forged requests.
      headers: () => ({ "x-visavis": "desk" }),
    });
  }

  login(email: string, password: string): Promise<User> {
    return this.#http.post("/auth/login", { email, password });
  }

  logout(): Promise<unknown> {
    return this.#http.post("/auth/logout");
  }

  changePassword(current: string, next: string): Promise<unknown> {
    return this.#http.post("/auth/password", { current_password: current, new_password: next });
  }

  reset(token: string, next: string): Promise<unknown> {
    return this.#http.post("/auth/reset", { token, new_password: next });
  }

  state(): Promise<AgentState> {
    return this.#http.get("/agent/state");
  }

  presence(change: SetPresence): Promise<AgentState> {
    return this.#http.put("/agent/presence", change);
  }

  endWrapUp(): Promise<AgentState> {
    return this.#http.post("/agent/wrap-up/end");
  }

  history(id: string): Promise<AgentHistory> {
    return this.#http.get(`/agent/conversations/${id}`);
  }

  earlier(id: string): Promise<EarlierConversations> {
    return this.#http.get(`/agent/conversations/${id}/earlier`);
  }

  note(id: string, body: AddNote): Promise<PostedMessage> {
    return this.#http.post(`/agent/conversations/${id}/notes`, body);
  }

  post(id: string, body: PostMessage): Promise<PostedMessage> {
    return this.#http.post(`/agent/conversations/${id}/messages`, body);
  }

  accept(id: string, invitation: string): Promise<AgentConversation> {
    return this.#http.post(`/agent/conversations/${id}/invitation/${invitation}/accept`);
  }

  decline(id: string, invitation: string): Promise<AgentConversation> {
    return this.#http.post(`/agent/conversations/${id}/invitation/${invitation}/decline`, { reason: "" });
  }

  act(id: string, action: AgentAction): Promise<AgentConversation> {
    return this.#http.post(`/agent/conversations/${id}/${action}`);
  }

  callToken(id: string): Promise<CallToken> {
    return this.#http.post(`/agent/conversations/${id}/call/token`);
  }

  transferTargets(id: string): Promise<TransferTargets> {
    return this.#http.get(`/agent/conversations/${id}/transfer-targets`);
  }

  transfer(id: string, to: Transfer): Promise<AgentConversation> {
    return this.#http.post(`/agent/conversations/${id}/transfer`, to);
  }

  inbox(after: string | null): Promise<InboxPage> {
    return this.#http.get(`/agent/inbox${query({ after })}`);
  }

  changeLeft(id: string, change: "take" | "release" | "dismiss"): Promise<LeftMessage> {
    return this.#http.post(`/agent/inbox/${id}/${change}`);
  }

  answerLeft(id: string, answer: InboxAnswer): Promise<InboxAnswered> {
    return this.#http.post(`/agent/inbox/${id}/answer`, answer);
  }

  board(tag: string | null): Promise<{ tag: string | null; answer: BoardView } | null> {
    return this.#http.getIfNew("/supervisor/board", tag);
  }

  /** Open conversations, the oldest first. */
  survey(after: string | null): Promise<ConversationPage> {
    return this.#http.get(`/supervisor/conversations${query({ limit: "100", after })}`);
  }

  assign(id: string, agent: string): Promise<AgentConversation> {
    return this.#http.post(`/supervisor/conversations/${id}/assign`, { agent_id: agent });
  }

  requeue(id: string, to: Requeue): Promise<AgentConversation> {
    return this.#http.post(`/supervisor/conversations/${id}/requeue`, to);
  }

  takeOver(id: string): Promise<AgentConversation> {
    return this.#http.post(`/supervisor/conversations/${id}/take-over`);
  }
}

function query(parameters: Record<string, string | null>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
