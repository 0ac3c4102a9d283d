/** What the parts of the store need of the whole. */
import type { AgentConversation } from "../api/model";
import type { AgentApi } from "./api";

export interface Host {
  readonly api: AgentApi;
  changed(): void;
  say(text: string): void;
  /** Tells the agent why something was refused. */
  refuse(error: unknown): void;
  /** Takes over what an answer says about a conversation. */
  adopt(conversation: AgentConversation): void;
  /** Shows a conversation that the agent has. */
  open(conversation: AgentConversation): void;
}
