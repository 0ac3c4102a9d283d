/** All that the widget knows, and what the visitor can make happen. The views only read it and call it. */
import { ApiError } from "../api/http";
import type {
  BotStatus,
  LeaveMessage,
  Message,
  SiteView,
  VisitorConversation,
  VisitorEvent,
  VisitorSession,
} from "../api/model";
import { withMessage, withMessages } from "../chat/history";
import { newClientId, Outbox } from "../chat/outbox";
import { visitorNotices as enNotices, widget as enTexts } from "../i18n/en";
import { visitorNotices as frNotices, widget as frTexts } from "../i18n/fr";
import { uiLanguage } from "../i18n/language";
import type { Shape } from "../i18n/shape";
import { canVideo, deviceClass } from "../media/support";
import { Backoff } from "../stream/backoff";
import { EventStream, type StreamStatus } from "../stream/stream";
import { type VisitorAction, VisitorApi } from "./api";
import { VisitorCall } from "./call_flow";
import type { WidgetConfig } from "./config";
import { storage } from "./keep";

export type Texts = Shape<typeof frTexts>;
export type Notices = Shape<typeof frNotices>;
export type Confirmation = "hang-up" | "close";

const TYPING_SHOWN_MS = 6_000;
const TYPING_SENT_EVERY_MS = 3_000;
const TOAST_MS = 6_000;
const POLL_MS = 5_000;
/** As in the style sheet of the stage. */
const NARROW = "(max-width: 860px)";

export class WidgetStore {
  readonly config: WidgetConfig;
  readonly api: VisitorApi;
  readonly call: VisitorCall;
  readonly outbox: Outbox;
  readonly canVideo = canVideo();
  t: Texts = enTexts;
  notices: Notices = enNotices;
  language: string;

  site: SiteView | null = null;
  conversation: VisitorConversation | null = null;
  botStatus: BotStatus | null = null;
  stream: StreamStatus = "stopped";
  open = false;
  unread = 0;
  offerHidden = false;
  starting = false;
  startFailed = false;
  typing = false;
  toast: string | null = null;
  confirming: Confirmation | null = null;
  /** The form for a left message: not shown, being written, or on its way. */
  leaving: false | "writing" | "sending" = false;
  /** On a phone the call and the chat share the screen; this is which one has it. */
  chatInCall = false;

  #lines = new Map<string, Message[]>();
  #events: EventStream<VisitorEvent> | null = null;
  #offset = 0;
  #poll: ReturnType<typeof setInterval> | undefined;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;
  #typingSent = 0;
  #leftId = "";
  readonly #local = storage("localStorage");
  readonly #tab = storage("sessionStorage");
  readonly #retry = new Backoff({ first: 2_000, ceiling: 60_000 });
  readonly #changed: () => void;

  constructor(config: WidgetConfig, changed: () => void) {
    this.config = config;
    this.#changed = changed;
    this.language = config.language;
    this.#speak(config.language);
    this.api = new VisitorApi(config.base);
    this.api.token = this.#local?.getItem(this.#key("token")) ?? null;
    this.api.renew = () => this.#renew();
    this.open = this.#tab?.getItem(this.#key("open")) === "1";
    this.offerHidden = this.#tab?.getItem(this.#key("offer")) === "hidden";
    const store = this;
    this.call = new VisitorCall({
      api: this.api,
      base: config.base,
      get conversation() {
        return store.conversation;
      },
      watched: () => this.open && document.visibilityState === "visible",
      changed: () => this.#changed(),
      applied: (conversation) => this.#apply(conversation),
      complain: () => this.say(this.t.cameraDenied),
    });
    this.outbox = new Outbox({
      target: () => this.conversation?.id ?? null,
      post: (id, body) => this.api.post(id, body),
      onPosted: (posted) => {
        this.#add(posted.message);
        // Writing in a closed conversation starts a new one.
        if (posted.conversation_id !== this.conversation?.id) void this.#load(posted.conversation_id);
      },
      onChange: () => this.#changed(),
      keep: this.#tab,
      key: this.#key("outbox"),
    });
  }

  get lines(): readonly Message[] {
    return this.conversation ? (this.#lines.get(this.conversation.id) ?? []) : [];
  }

  /** Seconds until a moment of the server's clock. */
  secondsUntil(iso: string): number {
    return Math.max(0, Math.ceil((Date.parse(iso) - Date.now() - this.#offset) / 1000));
  }

  async start(): Promise<void> {
    try {
      await this.#openSession();
    } catch (error) {
      if (error instanceof ApiError && !error.passing) {
        console.warn(`[visavis] the site "${this.config.site}" was refused: ${error.code}`);
        return;
      }
      setTimeout(() => void this.start(), this.#retry.next());
      return;
    }
    if (this.open && !this.conversation) void this.begin("chat");
  }

  /** Opens the panel and, if there is none, a conversation: the notification's buttons. */
  async begin(want: "chat" | "video"): Promise<void> {
    this.show();
    if (this.conversation && this.conversation.state !== "closed") {
      if (want === "video" && this.conversation.can.request_video) await this.act("video");
      return;
    }
    await this.#startConversation(want);
  }

  async startNew(): Promise<void> {
    await this.#startConversation("chat");
  }

  show(): void {
    const wasOpen = this.open;
    this.open = true;
    this.unread = 0;
    this.#tab?.setItem(this.#key("open"), "1");
    if (!wasOpen) this.call.lookedAt();
    this.#changed();
  }

  hide(): void {
    this.open = false;
    this.#tab?.setItem(this.#key("open"), "0");
    this.call.lookedAt();
    this.#changed();
  }

  hideOffer(): void {
    this.offerHidden = true;
    this.#tab?.setItem(this.#key("offer"), "hidden");
    this.#changed();
  }

  write(text: string, quickReply?: string): void {
    const trimmed = text.trim().slice(0, 4000);
    if (trimmed) this.outbox.add(trimmed, quickReply);
  }

  typed(): void {
    const now = Date.now();
    if (!this.conversation || now - this.#typingSent < TYPING_SENT_EVERY_MS) return;
    this.#typingSent = now;
    this.#events?.send({ type: "typing", conversation_id: this.conversation.id });
  }

  async act(action: VisitorAction): Promise<void> {
    await this.#ask((id) => this.api.act(id, action));
  }

  async answerProposal(answer: "accept" | "decline"): Promise<void> {
    const proposal = this.conversation?.proposal;
    if (proposal) await this.#ask((id) => this.api.answer(id, proposal.id, answer));
  }

  openLeaving(shown: boolean): void {
    this.leaving = shown && "writing";
    this.#leftId = newClientId();
    this.#changed();
  }

  /** Sent again after a lost answer it is the same message: its id is made when the form opens. */
  async leaveMessage(said: Pick<LeaveMessage, "email" | "name" | "text">): Promise<void> {
    if (this.leaving !== "writing") return;
    this.leaving = "sending";
    this.#changed();
    const done = await this.#ask((id) => this.api.leaveMessage(id, { client_id: this.#leftId, ...said }));
    this.leaving = done ? false : "writing";
    this.#changed();
  }

  confirm(what: Confirmation | null): void {
    this.confirming = what;
    this.#changed();
  }

  showChatInCall(shown: boolean): void {
    this.chatInCall = shown;
    if (shown) this.unread = 0;
    this.#changed();
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
    void this.outbox.flush();
  }

  async #openSession(): Promise<void> {
    const session = await this.api.session({
      site_key: this.config.site,
      language: this.config.language,
      device: deviceClass(),
      can_video: this.canVideo,
      page_url: location.href.slice(0, 2048),
      token: this.api.token,
    });
    this.#adopt(session);
  }

  #adopt(session: VisitorSession): void {
    this.#retry.reset();
    this.api.token = session.token;
    this.#local?.setItem(this.#key("token"), session.token);
    this.site = session.site;
    this.botStatus = session.bot_status ?? this.botStatus;
    for (const line of session.messages) this.#add(line);
    if (session.conversation) this.#apply(session.conversation);
    this.#listen(session.seq);
    if (session.conversation && !this.canVideo) this.#tellCannot(session.conversation.id);
    void this.outbox.flush();
    this.#changed();
  }

  /** Only one renewal at a time, however many calls were refused. */
  #renewal: Promise<boolean> | null = null;
  #renew(): Promise<boolean> {
    this.#renewal ??= this.#openSession()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.#renewal = null;
      });
    return this.#renewal;
  }

  #listen(seq: number): void {
    this.#events?.stop();
    this.#events = new EventStream<VisitorEvent>({
      url: `${this.config.base.replace(/^http/, "ws")}/api/visitor/socket`,
      after: seq,
      hello: (after) => ({ type: "hello", token: this.api.token ?? "", after }),
      onEvent: (event) => this.#on(event),
      onStatus: (status) => {
        this.stream = status;
        this.#pollWhileBroken(status);
        if (status === "open") void this.outbox.flush();
        this.#changed();
      },
      onServerTime: (time) => {
        this.#offset = Date.parse(time) - Date.now();
      },
      onRefused: () => void this.#renew(),
      onReset: () => void this.#renew(),
    });
    this.#events.start();
  }

  /** Where a proxy lets no socket through, the conversation is asked for instead. */
  #pollWhileBroken(status: StreamStatus): void {
    if (status === "open" || status === "stopped") {
      clearInterval(this.#poll);
      this.#poll = undefined;
      return;
    }
    this.#poll ??= setInterval(() => {
      const id = this.conversation?.id;
      if (id && this.conversation?.state !== "closed") void this.#load(id).catch(() => undefined);
    }, POLL_MS);
  }

  #on(event: VisitorEvent): void {
    switch (event.type) {
      case "message":
        this.#heard(event.message);
        break;
      case "conversation":
        this.#apply(event.conversation);
        break;
      case "typing":
        if (event.conversation_id === this.conversation?.id && event.by !== "visitor") this.#showTyping();
        break;
      case "bot":
        this.botStatus = event.status;
        break;
    }
    this.#changed();
  }

  #heard(line: Message): void {
    const known = this.#lines.get(line.conversation_id)?.some((other) => other.id === line.id) ?? false;
    this.#add(line);
    if (known || line.author.role === "visitor") return;
    this.#hideTyping();
    if (this.#chatHidden && line.content.type !== "notice") this.unread += 1;
  }

  /** The panel is closed, or the call covers the chat of a narrow one. */
  get #chatHidden(): boolean {
    return !this.open || (this.call.phase !== "idle" && !this.chatInCall && matchMedia(NARROW).matches);
  }

  #add(line: Message): void {
    this.#lines.set(line.conversation_id, withMessage(this.#lines.get(line.conversation_id) ?? [], line));
    this.outbox.confirm(line.client_id ?? null);
  }

  /** A full view of the conversation; the newest wins, whichever way it came. */
  #apply(next: VisitorConversation): void {
    const now = this.conversation;
    if (now && (now.id === next.id ? next.version < now.version : next.started_at < now.started_at)) return;
    const begins = (state: VisitorConversation["state"]) => next.state === state && now?.state !== state;
    const proposed = next.proposal !== null && now?.proposal?.id !== next.proposal?.id;
    this.conversation = next;
    this.language = next.language;
    if (next.state !== "in_video" && this.confirming === "hang-up") this.confirming = null;
    if (next.state === "closed") this.confirming = null;
    if (begins("video_lobby")) this.chatInCall = false;
    if (next.state === "chat" && this.open) this.unread = 0;
    if (begins("video_lobby") || begins("in_video") || proposed) this.show();
    this.call.follow(next);
    this.#changed();
  }

  async #startConversation(want: "chat" | "video"): Promise<void> {
    if (this.starting) return;
    this.starting = true;
    this.startFailed = false;
    this.#changed();
    try {
      const { conversation, messages } = await this.api.start({
        client_id: newClientId(),
        want,
        language: this.config.language,
      });
      this.#lines.set(conversation.id, withMessages(this.#lines.get(conversation.id) ?? [], messages));
      this.#apply(conversation);
      if (!this.canVideo) this.#tellCannot(conversation.id);
      void this.outbox.flush();
    } catch {
      this.startFailed = true;
    } finally {
      this.starting = false;
      this.#changed();
    }
  }

  async #load(id: string): Promise<void> {
    const { conversation, messages } = await this.api.history(id);
    this.#lines.set(id, withMessages(this.#lines.get(id) ?? [], messages));
    this.#apply(conversation);
  }

  /** Whether the server took it; what it did not take is told. */
  async #ask(call: (id: string) => Promise<VisitorConversation>): Promise<boolean> {
    const id = this.conversation?.id;
    if (!id) return false;
    try {
      this.#apply(await call(id));
      return true;
    } catch (error) {
      this.say(error instanceof ApiError && error.status === 0 ? this.t.offline : this.t.refused);
      // What was refused is probably outdated here.
      await this.#load(id).catch(() => undefined);
      return false;
    }
  }

  #tellCannot(id: string): void {
    this.api.capability(id, false).then(
      (conversation) => this.#apply(conversation),
      () => undefined,
    );
  }

  #showTyping(): void {
    this.typing = true;
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => {
      this.#hideTyping();
      this.#changed();
    }, TYPING_SHOWN_MS);
  }

  #hideTyping(): void {
    clearTimeout(this.#typingTimer);
    this.typing = false;
  }

  #speak(tag: string): void {
    const french = uiLanguage(tag) === "fr";
    this.t = french ? frTexts : enTexts;
    this.notices = french ? frNotices : enNotices;
  }

  #key(name: string): string {
    return `visavis:${this.config.site}:${name}`;
  }
}
