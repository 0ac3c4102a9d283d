/** All that the desk knows, and what the agent can make happen. The views only read it and call it. */
import { ApiError } from "../api/http";
import type {
  AgentConversation,
  AgentEvent,
  AgentState,
  Capacity,
  ChannelPresence,
  InvitationView,
  Message,
  PauseReason,
  Presence,
  SetPresence,
  User,
} from "../api/model";
import { withMessages } from "../chat/history";
import { Outbox } from "../chat/outbox";
import { agentNotices as enNotices, desk as enTexts, whyNoVideo as enWhy } from "../i18n/en";
import { agentNotices as frNotices, desk as frTexts, whyNoVideo as frWhy } from "../i18n/fr";
import { labelIn, type UiLanguage, uiLanguage } from "../i18n/language";
import type { Shape } from "../i18n/shape";
import { canVideo } from "../media/support";
import { EventStream, type StreamStatus } from "../stream/stream";
import { type AgentAction, AgentApi } from "./api";
import { Attention } from "./attention";
import { Board } from "./board";
import { AgentCall } from "./call_flow";
import { Drafts } from "./drafts";
import { Earlier } from "./earlier";
import type { Host } from "./host";
import { Inbox } from "./inbox";
import type { Shortcut } from "./shortcuts";
import { type Theme, themeOf } from "./theme";
import { TransferChoice } from "./transfer";

export type Texts = Shape<typeof frTexts>;
export type Phase = "loading" | "login" | "reset" | "desk";
export type Dialog =
  | "password"
  | "hang-up"
  | "close"
  | "transfer"
  | "dismiss"
  | "assign"
  | "requeue"
  | "read"
  | "shortcuts";
export type View = "conversations" | "inbox" | "board";

export type Channel = keyof Presence;

export const CHANNELS: readonly Channel[] = ["chat", "video"];
/** The reason of a pause that nobody chose: too many invitations in a row were not answered. */
export const MISSED = "missed";

const OFFLINE: ChannelPresence = { state: "offline", reason: null, since: null, busy: false };
const TYPING_SHOWN_MS = 6_000;
const TYPING_SENT_EVERY_MS = 3_000;
const TOAST_MS = 6_000;
const PAUSE_LOOK_MS = 5_000;

export class DeskStore {
  /** Whatever path the service hangs under: everything before /desk. */
  readonly base = location.origin + (location.pathname.split("/desk")[0] ?? "");
  readonly api = new AgentApi(this.base);
  readonly attention = new Attention();
  readonly call: AgentCall;
  readonly outbox: Outbox;
  /** Internal notes on their way: apart from what goes to the visitor, so that neither holds up the other. */
  readonly notes: Outbox;
  readonly inbox: Inbox;
  readonly transfer: TransferChoice;
  readonly board: Board;
  readonly earlier: Earlier;
  readonly drafts = new Drafts(sessionStorage, "visavis:desk:drafts");
  readonly canVideo = canVideo();
  language: UiLanguage;
  theme: Theme = themeOf(localStorage.getItem("visavis:desk:theme"));
  t: Texts;

  phase: Phase = "loading";
  problem: string | null = null;
  busy = false;
  agent: User | null = null;
  presence: Presence = { chat: OFFLINE, video: OFFLINE };
  pauseReasons: PauseReason[] = [];
  wrapUpUntil: string | null = null;
  capacity: Capacity = { chat_used: 0, chat_total: 0, video_used: 0, video_total: 0 };
  invitations: InvitationView[] = [];
  conversations = new Map<string, AgentConversation>();
  unread = new Map<string, number>();
  view: View = "conversations";
  selected: string | null = null;
  stream: StreamStatus = "stopped";
  typing: string | null = null;
  toast: string | null = null;
  dialog: Dialog | null = null;
  infoShown = false;
  /** Whether the agent writes a note between colleagues, and not to the visitor. */
  noting = false;

  #lines = new Map<string, Message[]>();
  #loaded = new Set<string>();
  #events: EventStream<AgentEvent> | null = null;
  #offset = 0;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;
  #typingSent = 0;
  readonly #pauses = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
    const asked = new URLSearchParams(location.search).get("lang");
    this.language = uiLanguage(asked ?? localStorage.getItem("visavis:desk:language") ?? navigator.language);
    this.t = this.language === "fr" ? frTexts : enTexts;
    this.attention.sound = localStorage.getItem("visavis:desk:sound") !== "off";
    this.attention.notify =
      localStorage.getItem("visavis:desk:notify") === "on" && this.attention.permission === "granted";
    this.call = new AgentCall(this.api, this.base, () => this.#changed());
    const host: Host = {
      api: this.api,
      changed: () => this.#changed(),
      say: (text) => this.say(text),
      refuse: (error) => this.#refuse(error),
      adopt: (conversation) => this.#apply(conversation),
      open: (conversation) => {
        this.#apply(conversation);
        this.open(conversation.id);
      },
    };
    this.inbox = new Inbox(host);
    this.transfer = new TransferChoice(host);
    this.board = new Board(host);
    this.earlier = new Earlier(host);
    this.notes = new Outbox({
      target: () => null,
      post: (id, body) => this.api.note(id, { client_id: body.client_id, text: body.text }),
      onPosted: ({ message }) => this.#add(message),
      onChange: () => this.#changed(),
      keep: sessionStorage,
      key: "visavis:desk:notes",
    });
    this.outbox = new Outbox({
      target: () => this.selected,
      post: (id, body) => this.api.post(id, body),
      onPosted: ({ message }) => this.#add(message),
      onChange: () => this.#changed(),
      keep: sessionStorage,
      key: "visavis:desk:outbox",
    });
  }

  get notices() {
    return this.language === "fr" ? frNotices : enNotices;
  }

  whyNoVideo(reason: string): string {
    return (this.language === "fr" ? frWhy : enWhy)(reason);
  }

  /** The conversation that is on the screen. */
  get current(): AgentConversation | null {
    return this.view === "conversations" ? this.#chosen : null;
  }

  get #chosen(): AgentConversation | null {
    return (this.selected && this.conversations.get(this.selected)) || null;
  }

  /** Whether the agent sees and steers the work of others. */
  get supervises(): boolean {
    return this.agent?.role === "supervisor" || this.agent?.role === "admin";
  }

  lines(id: string): readonly Message[] {
    return this.#lines.get(id) ?? [];
  }

  secondsUntil(iso: string): number {
    return Math.max(0, Math.ceil((Date.parse(iso) - Date.now() - this.#offset) / 1000));
  }

  secondsSince(iso: string): number {
    return Math.max(0, Math.floor((Date.now() + this.#offset - Date.parse(iso)) / 1000));
  }

  async start(): Promise<void> {
    if (location.pathname.endsWith("/reset")) {
      this.phase = "reset";
      this.#changed();
      return;
    }
    await this.load();
  }

  async load(): Promise<void> {
    try {
      this.#adopt(await this.api.state());
    } catch (error) {
      const out = error instanceof ApiError && (error.status === 401 || error.status === 403);
      if (out || this.phase === "loading") this.#leave(out ? null : this.t.serverUnreachable);
      else setTimeout(() => void this.load(), 3_000);
    }
  }

  async login(email: string, password: string): Promise<void> {
    await this.#try(async () => {
      await this.api.login(email, password);
      await this.load();
    });
  }

  async logout(): Promise<void> {
    await this.api.logout().catch(() => undefined);
    this.drafts.clear();
    this.#leave(null);
  }

  /** Resolves to whether it was accepted; the caller closes its form then. */
  async changePassword(current: string, next: string): Promise<boolean> {
    try {
      await this.api.changePassword(current, next);
      this.say(this.t.passwordChanged);
      return true;
    } catch {
      return false;
    }
  }

  async reset(next: string): Promise<boolean> {
    const token = new URLSearchParams(location.search).get("token") ?? "";
    try {
      await this.api.reset(token, next);
      return true;
    } catch (error) {
      this.problem =
        error instanceof ApiError && error.status === 0 ? this.t.serverUnreachable : this.t.resetBroken;
      this.#changed();
      return false;
    }
  }

  /** Only what changes is sent: another tab may have changed the other channel meanwhile. */
  async setPresence(change: SetPresence): Promise<void> {
    const before = this.presence;
    this.presence = { ...before };
    for (const channel of CHANNELS) {
      const wanted = change[channel];
      if (!wanted) continue;
      this.presence[channel] = { ...before[channel], ...wanted, reason: wanted.reason ?? null };
    }
    this.#changed();
    try {
      this.#adoptStatus(await this.api.presence(change));
    } catch {
      this.presence = before;
      this.say(this.t.refused);
    }
    this.#changed();
  }

  get available(): boolean {
    return CHANNELS.some((channel) => this.presence[channel].state === "available");
  }

  /** The channels that were paused because invitations were not answered. */
  get pausedForMissed(): readonly Channel[] {
    return CHANNELS.filter((channel) => this.presence[channel].reason === MISSED);
  }

  /** Back after such a pause: on what was on before. */
  async comeBack(): Promise<void> {
    await this.setPresence(
      Object.fromEntries(this.pausedForMissed.map((channel) => [channel, { state: "available" }])),
    );
  }

  get wrapUpSeconds(): number {
    return this.wrapUpUntil ? this.secondsUntil(this.wrapUpUntil) : 0;
  }

  async endWrapUp(): Promise<void> {
    try {
      this.#adoptStatus(await this.api.endWrapUp());
    } catch {
      this.say(this.t.refused);
    }
    this.#changed();
  }

  pauseReason(id: string): string {
    if (id === MISSED) return this.t.missedReason;
    return labelIn(this.language, this.pauseReasons.find((reason) => reason.id === id)?.labels ?? {}, id);
  }

  /** A group in words, as far as its label has come to this desk. */
  groupLabel(name: string): string {
    const known = [
      ...(this.board.view?.groups ?? []).map(({ group, label }) => ({ id: group, labels: label })),
      ...this.transfer.groups,
    ];
    return labelIn(this.language, known.find((group) => group.id === name)?.labels ?? {}, name);
  }

  /** The group of a conversation or of a left message, in words. */
  labelOf({ group, group_labels }: { group: string | null; group_labels: Record<string, string> }): string {
    return group ? labelIn(this.language, group_labels, group) : "";
  }

  speak(language: UiLanguage): void {
    this.language = language;
    this.t = language === "fr" ? frTexts : enTexts;
    localStorage.setItem("visavis:desk:language", language);
    this.#changed();
  }

  setSound(on: boolean): void {
    this.attention.sound = on;
    localStorage.setItem("visavis:desk:sound", on ? "on" : "off");
    this.#changed();
  }

  async setNotify(on: boolean): Promise<void> {
    this.attention.notify = on && (await this.attention.askToNotify());
    localStorage.setItem("visavis:desk:notify", this.attention.notify ? "on" : "off");
    if (on && !this.attention.notify) this.say(this.t.notify.denied);
    this.#changed();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem("visavis:desk:theme", theme);
    this.#changed();
  }

  /** What a shortcut stands for, as far as it is possible now; false when it is not. */
  press(shortcut: Shortcut): boolean {
    const [invitation] = this.invitations;
    const { current } = this;
    switch (shortcut) {
      case "accept":
        if (!invitation) return false;
        void this.accept(invitation);
        return true;
      case "decline":
        if (!invitation) return false;
        void this.decline(invitation);
        return true;
      case "next":
      case "previous":
        return this.#step(shortcut === "next" ? 1 : -1);
      case "info":
        if (!current) return false;
        this.toggleInfo();
        return true;
      case "transfer":
        if (!current || !mayTransfer(current)) return false;
        this.show("transfer");
        return true;
      case "close":
        if (!current?.can.close) return false;
        this.show("close");
        return true;
      case "conversations":
      case "inbox":
        this.go(shortcut);
        return true;
      case "board":
        if (this.supervises) this.go("board");
        return this.supervises;
      case "help":
        this.show("shortcuts");
        return true;
      case "note":
        if (!current) return false;
        this.setNoting(!this.noting);
        // The page puts the cursor there.
        return true;
      case "write":
        return current?.can.write ?? false;
    }
  }

  /** To the next conversation of the list, round and round. */
  #step(by: 1 | -1): boolean {
    const ids = this.listed.map(({ id }) => id);
    if (ids.length === 0) return false;
    const here = this.selected ? ids.indexOf(this.selected) : -1;
    const at = here < 0 ? (by > 0 ? 0 : ids.length - 1) : (here + by + ids.length) % ids.length;
    this.open(ids[at] as string);
    return true;
  }

  /** The agent's conversations in the order of the list. */
  get listed(): AgentConversation[] {
    return [...this.conversations.values()].sort((a, b) => a.started_at.localeCompare(b.started_at));
  }

  /** Goes to a part of the desk. */
  go(view: View): void {
    this.view = view === "board" && !this.supervises ? "conversations" : view;
    this.infoShown = false;
    sessionStorage.setItem("visavis:desk:view", this.view);
    if (this.view === "inbox") void this.inbox.load();
    if (this.view === "board") this.board.start();
    else this.board.stop();
    if (this.current) this.unread.delete(this.current.id);
    this.#changed();
  }

  /** Shows one of the agent's conversations, wherever the desk was. */
  open(id: string): void {
    this.dialog = null;
    this.go("conversations");
    this.select(id);
  }

  select(id: string | null): void {
    const before = this.#chosen;
    if (before?.state === "closed" && before.id !== id) this.#forget(before.id);
    if (id !== this.selected) this.noting = false;
    this.selected = id;
    this.infoShown = false;
    if (id) {
      this.unread.delete(id);
      sessionStorage.setItem("visavis:desk:selected", id);
      if (!this.#loaded.has(id)) void this.#loadHistory(id);
      void this.earlier.look(id);
    }
    this.#changed();
  }

  show(dialog: Dialog | null): void {
    if (this.dialog === "transfer") this.transfer.end();
    if (this.dialog === "read") this.board.endReading();
    this.dialog = dialog;
    if (dialog === "transfer" && this.selected) this.transfer.begin(this.selected);
    this.#changed();
  }

  readEarlier(id: string): void {
    this.board.read(id);
    this.show("read");
  }

  toggleInfo(): void {
    this.infoShown = !this.infoShown;
    this.#changed();
  }

  redraw(): void {
    this.#changed();
  }

  write(text: string): void {
    const trimmed = text.trim().slice(0, 4000);
    if (!trimmed || !this.selected) return;
    this.drafts.set(this.selected, "");
    const way = this.noting ? this.notes : this.outbox;
    way.add(trimmed, undefined, this.selected);
    this.noting = false;
    this.#changed();
  }

  setNoting(on: boolean): void {
    this.noting = on;
    this.#changed();
  }

  typed(): void {
    // The visitor is not told of a note, not even that one is written.
    if (this.noting) return;
    const now = Date.now();
    if (!this.selected || now - this.#typingSent < TYPING_SENT_EVERY_MS) return;
    this.#typingSent = now;
    this.#events?.send({ type: "typing", conversation_id: this.selected });
  }

  async accept(invitation: InvitationView): Promise<void> {
    await this.#answer(invitation, async () => {
      const conversation = await this.api.accept(invitation.conversation.id, invitation.id);
      this.#apply(conversation);
      this.open(conversation.id);
    });
  }

  async decline(invitation: InvitationView): Promise<void> {
    await this.#answer(invitation, () => this.api.decline(invitation.conversation.id, invitation.id));
  }

  async act(id: string, action: AgentAction): Promise<void> {
    try {
      this.#apply(await this.api.act(id, action));
    } catch (error) {
      this.#refuse(error);
      await this.#loadHistory(id);
    }
  }

  say(text: string): void {
    this.toast = text;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => {
      this.toast = null;
      this.#changed();
    }, TOAST_MS);
    this.#changed();
  }

  nudge(): void {
    this.#events?.nudge();
  }

  /** Says why something was refused, as far as there are words for it. */
  #refuse(error: unknown): void {
    const words: Record<string, string | undefined> = this.t.refusals;
    const { status, code } = error instanceof ApiError ? error : { status: 0, code: "" };
    this.say(status === 0 ? this.t.offline : (words[code] ?? this.t.refused));
  }

  #adopt(state: AgentState): void {
    const first = this.phase !== "desk";
    this.phase = "desk";
    this.problem = null;
    this.agent = state.agent;
    this.#adoptStatus(state);
    this.pauseReasons = state.pause_reasons;
    this.inbox.open = state.inbox_open;
    this.inbox.mail = state.mail;
    this.invitations = state.invitations;
    this.conversations = new Map(state.conversations.map((c) => [c.id, c]));
    // Loaded again after a gap: what was read before may lack lines.
    this.#loaded.clear();
    const kept = this.selected ?? sessionStorage.getItem("visavis:desk:selected");
    const call = state.conversations.find((c) => c.mine && c.call);
    const wanted = call?.id ?? kept;
    this.select(wanted && this.conversations.has(wanted) ? wanted : null);
    this.call.follow(this.conversations.values());
    const view = sessionStorage.getItem("visavis:desk:view");
    if (view === "inbox" || view === "board") this.go(view);
    else if (first) this.view = "conversations";
    this.#ring();
    this.#listen(state.seq);
    void this.outbox.flush();
    void this.notes.flush();
    this.#changed();
  }

  #adoptStatus(status: Pick<AgentState, "presence" | "capacity" | "wrap_up_until">): void {
    this.presence = status.presence;
    this.capacity = status.capacity;
    this.wrapUpUntil = status.wrap_up_until;
  }

  #listen(seq: number): void {
    this.#events?.stop();
    this.#events = new EventStream<AgentEvent>({
      url: `${this.base.replace(/^http/, "ws")}/api/agent/socket`,
      after: seq,
      hello: (after) => ({ type: "hello", after, can_video: this.canVideo }),
      onEvent: (event) => this.#on(event),
      onStatus: (status) => {
        this.stream = status;
        if (status === "open") {
          void this.outbox.flush();
          void this.notes.flush();
        }
        this.#changed();
      },
      onServerTime: (time) => {
        this.#offset = Date.parse(time) - Date.now();
      },
      onRefused: () => void this.load(),
      onReset: () => void this.load(),
    });
    this.#events.start();
  }

  #on(event: AgentEvent): void {
    switch (event.type) {
      case "message":
        this.#heard(event.message);
        break;
      case "conversation":
        this.#apply(event.conversation);
        break;
      case "invitation":
        this.invitations = [
          ...this.invitations.filter((i) => i.id !== event.invitation.id),
          event.invitation,
        ];
        this.#ring();
        this.#announce(event.invitation);
        break;
      case "invitation_ended":
        if (event.reason === "expired" && this.invitations.some((i) => i.id === event.invitation_id)) {
          this.say(this.t.missed);
        }
        this.#dropInvitation(event.invitation_id);
        break;
      case "agent":
        this.#adoptStatus(event);
        break;
      case "inbox":
        this.inbox.open = event.open;
        if (this.view === "inbox") void this.inbox.load();
        break;
      case "typing":
        if (event.by !== "agent") this.#showTyping(event.conversation_id);
        break;
    }
    this.#changed();
  }

  #heard(line: Message): void {
    const id = line.conversation_id;
    const known = this.lines(id).some((other) => other.id === line.id);
    this.#add(line);
    if (known || line.author.role !== "visitor") return;
    if (this.typing === id) this.typing = null;
    const unseen = id !== this.current?.id || document.visibilityState === "hidden";
    if (unseen && this.conversations.has(id)) this.unread.set(id, (this.unread.get(id) ?? 0) + 1);
  }

  #add(line: Message): void {
    this.#lines.set(line.conversation_id, withMessages(this.lines(line.conversation_id), [line]));
    this.outbox.confirm(line.client_id ?? null);
    this.notes.confirm(line.client_id ?? null);
  }

  #apply(next: AgentConversation): void {
    const now = this.conversations.get(next.id);
    if (now && next.version < now.version) return;
    if (now?.transfer && !next.mine && next.agent) this.say(this.t.transfer.taken(next.agent.name));
    // One that ended stays while it is looked at: there may be something to write down.
    const gone = next.state === "closed" ? !now || this.selected !== next.id : !next.mine;
    if (gone) this.#forget(next.id);
    else this.conversations = new Map(this.conversations).set(next.id, next);
    if (this.dialog === "hang-up" && next.id === this.call.conversationId && next.state !== "in_video") {
      this.dialog = null;
    }
    if (this.dialog === "transfer" && next.id === this.transfer.conversationId && !mayTransfer(next)) {
      this.show(null);
    }
    if (next.video_unavailable === "declined_just_now") this.#lookAgainAt(next.id);
    this.call.follow(this.conversations.values());
    this.#changed();
  }

  /** A pause after a refusal ends by the clock alone, and nobody sends word of it. */
  #lookAgainAt(id: string): void {
    clearTimeout(this.#pauses.get(id));
    const look = () => void (this.conversations.has(id) && this.#loadHistory(id));
    this.#pauses.set(id, setTimeout(look, PAUSE_LOOK_MS));
  }

  #forget(id: string): void {
    this.conversations = new Map([...this.conversations].filter(([other]) => other !== id));
    this.unread.delete(id);
    clearTimeout(this.#pauses.get(id));
    this.#pauses.delete(id);
    this.#loaded.delete(id);
    this.#lines.delete(id);
    this.drafts.set(id, "");
    this.earlier.forget(id);
    if (this.selected === id) this.selected = null;
  }

  async #loadHistory(id: string): Promise<void> {
    try {
      const { conversation, messages } = await this.api.history(id);
      this.#loaded.add(id);
      this.#lines.set(id, withMessages(this.lines(id), messages));
      this.#apply(conversation);
    } catch {
      // The lines that are here stay; the next selection tries again.
    }
  }

  async #answer(invitation: InvitationView, call: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.#changed();
    try {
      await call();
    } catch (error) {
      this.say(error instanceof ApiError && error.status === 0 ? this.t.offline : this.t.missed);
    } finally {
      this.busy = false;
      this.#dropInvitation(invitation.id);
    }
  }

  #dropInvitation(id: string): void {
    this.invitations = this.invitations.filter((invitation) => invitation.id !== id);
    this.attention.withdraw(id);
    this.#ring();
    this.#changed();
  }

  #ring(): void {
    if (this.invitations.length > 0) this.attention.start(this.t.invitationTitle);
    else this.attention.stop();
  }

  /** Who waits where, and not what they said: others may see the screen. */
  #announce(invitation: InvitationView): void {
    const { id, conversation, with_video } = invitation;
    const where = [conversation.site_name, this.labelOf(conversation)].filter(Boolean).join(" · ");
    this.attention.announce(id, with_video ? this.t.invitationVideo : this.t.invitation, where);
  }

  #leave(problem: string | null): void {
    this.#events?.stop();
    this.#events = null;
    this.attention.stop();
    this.invitations = [];
    this.conversations = new Map();
    this.#lines.clear();
    this.#loaded.clear();
    this.selected = null;
    this.dialog = null;
    this.view = "conversations";
    sessionStorage.removeItem("visavis:desk:view");
    this.inbox.reset();
    this.board.reset();
    this.earlier.reset();
    this.transfer.end();
    this.call.follow([]);
    this.phase = "login";
    this.problem = problem;
    this.#changed();
  }

  async #try(call: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = null;
    this.#changed();
    try {
      await call();
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.problem =
        status === 429
          ? this.t.tooManyTries
          : status === 0 || status >= 500
            ? this.t.serverUnreachable
            : error instanceof ApiError && error.code === "account_deactivated"
              ? this.t.accountClosed
              : this.t.wrongLogin;
    } finally {
      this.busy = false;
      this.#changed();
    }
  }

  #showTyping(id: string): void {
    this.typing = id;
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => {
      this.typing = null;
      this.#changed();
    }, TYPING_SHOWN_MS);
  }
}

export function mayTransfer(conversation: AgentConversation): boolean {
  return conversation.can.transfer || conversation.can.transfer_to_group;
}
