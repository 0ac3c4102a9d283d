/** Short names for the generated shapes: the one place that knows how the document calls them. */
import type { components } from "./types";

type Schemas = components["schemas"];

export type Message = Schemas["Message"];
export type Content = Message["content"];
export type QuickReply = Schemas["QuickReply"];
export type PersonView = Schemas["PersonView"];
export type QueueView = Schemas["QueueView"];
export type WaitReason = NonNullable<QueueView["wait_reason"]>;
export type ProposalView = Schemas["ProposalView"];
export type CallView = Schemas["CallView"];
export type CallToken = Schemas["CallToken"];
export type CameraPolicy = CallView["camera_policy"];
export type BotStatus = Schemas["BotStatusFrame"]["status"];
export type Problem = Schemas["Problem"];

export type SiteView = Schemas["SiteView"];
export type StartSession = Schemas["StartSession"];
export type VisitorSession = Schemas["VisitorSession"];
export type VisitorConversation = Schemas["VisitorConversation"];
export type VisitorHistory = Schemas["VisitorConversationWithHistory"];
export type StartConversation = Schemas["StartConversation"];
export type LeaveMessage = Schemas["LeaveMessage"];
export type PostMessage = Schemas["PostMessage"];
export type EarlierConversations = Schemas["EarlierConversations"];
export type EarlierConversation = Schemas["EarlierConversation"];
export type AddNote = Schemas["AddNote"];
export type PostedMessage = Schemas["PostedMessage"];

export type User = Schemas["User"];
export type Presence = Schemas["Presence"];
export type ChannelPresence = Schemas["ChannelPresence"];
export type SetPresence = Schemas["SetPresence"];
export type PauseReason = Schemas["PauseReason"];
export type Capacity = Schemas["Capacity"];
export type AgentState = Schemas["AgentState"];
export type AgentConversation = Schemas["AgentConversation"];
export type AgentHistory = Schemas["AgentConversationWithHistory"];
export type InvitationView = Schemas["InvitationView"];
export type InvitationReason = Schemas["InvitationReason"];
export type InvitationWhy = Schemas["InvitationWhy"];
export type EscalationView = Schemas["EscalationView"];

export type TransferView = Schemas["TransferView"];
export type TransferTargets = Schemas["TransferTargets"];
export type TransferAgent = Schemas["TransferAgent"];
export type TransferGroup = Schemas["TransferGroup"];
export type Transfer = Schemas["Transfer"];

export type LeftMessage = Schemas["LeftMessageView"];
export type InboxPage = Schemas["InboxPage"];
export type InboxAnswer = Schemas["AnswerInConversation"] | Schemas["AnswerByMail"];
export type InboxAnswered = Schemas["InboxAnswered"];

export type BoardView = Schemas["Board"];
export type BoardGroup = Schemas["BoardGroup"];
export type BoardLine = Schemas["BoardLine"];
export type BoardAgent = Schemas["BoardAgent"];
export type BoardEntry = Schemas["BoardEntry"];
export type Requeue = Schemas["Requeue"];
export type ConversationSummary = Schemas["ConversationSummary"];
export type ConversationPage = Schemas["ConversationPage"];

export type VisitorHello = Schemas["VisitorHello"];
export type AgentHello = Schemas["AgentHello"];
export type TypingFrame = Schemas["TypingFrame"];
type WelcomeFrame = Schemas["WelcomeFrame"];
type PingFrame = Schemas["PingFrame"];
type ErrorFrame = Schemas["ErrorFrame"];
type MessageFrame = Schemas["MessageFrame"];

/** Frames of the connection itself, which every socket has. */
export type ControlFrame = WelcomeFrame | PingFrame | ErrorFrame;
export type VisitorEvent =
  | MessageFrame
  | Schemas["VisitorConversationFrame"]
  | TypingFrame
  | Schemas["BotStatusFrame"];
export type AgentEvent =
  | MessageFrame
  | Schemas["AgentConversationFrame"]
  | Schemas["InvitationFrame"]
  | Schemas["InvitationEndedFrame"]
  | Schemas["AgentStateFrame"]
  | Schemas["InboxFrame"]
  | TypingFrame;
