/** The desk's root component: which page is shown, and what follows the keyboard, the clock and the scroll. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base } from "../styles/base";
import { callStyles } from "../styles/call";
import { composerStyles } from "../styles/composer";
import { lineStyles } from "../styles/lines";
import { ringStyles } from "../styles/ring";
import { tokens } from "../styles/tokens";
import * as icons from "../ui/icons";
import { shortcutOf } from "./shortcuts";
import { DeskStore } from "./store";
import { boardStyles } from "./styles/board";
import { formStyles } from "./styles/forms";
import { gateStyles } from "./styles/gate";
import { inboxStyles } from "./styles/inbox";
import { invitationStyles } from "./styles/invitation";
import { layoutStyles } from "./styles/layout";
import { listStyles } from "./styles/list";
import { navigationStyles } from "./styles/navigation";
import { paneStyles } from "./styles/pane";
import { transferStyles } from "./styles/transfer";
import { board } from "./views/board";
import { conversation, inCallHere } from "./views/conversation";
import { dialogs } from "./views/dialogs";
import { header } from "./views/header";
import { inboxList, leftMessage } from "./views/inbox";
import { info } from "./views/info";
import { invitations } from "./views/invitation";
import { list, nothingOpen } from "./views/list";
import { login, reset } from "./views/login";
import { navigation } from "./views/navigation";
import { presenceNotes } from "./views/presence";
import { stage } from "./views/stage";

export class VisavisDesk extends LitElement {
  static override styles = [
    tokens,
    base,
    ringStyles,
    callStyles,
    lineStyles,
    composerStyles,
    formStyles,
    gateStyles,
    layoutStyles,
    listStyles,
    paneStyles,
    invitationStyles,
    navigationStyles,
    inboxStyles,
    transferStyles,
    boardStyles,
  ];

  readonly store = new DeskStore(() => this.requestUpdate());
  #tick: ReturnType<typeof setInterval> | undefined;
  #resetDone = false;
  #shown: string | null = null;
  #atEnd = true;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.store.start();
    this.#tick = setInterval(() => {
      const { invitations: open, current, wrapUpUntil, view } = this.store;
      const counting = current?.proposal || current?.transfer || wrapUpUntil || view === "board";
      if (open.length > 0 || counting) this.requestUpdate();
    }, 500);
    document.addEventListener("pointerdown", this.#unlock);
    document.addEventListener("keydown", this.#unlock);
    document.addEventListener("keydown", this.#pressed);
    document.addEventListener("visibilitychange", this.#nudge);
    window.addEventListener("online", this.#nudge);
    window.addEventListener("pagehide", this.#hidden);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#tick);
    document.removeEventListener("pointerdown", this.#unlock);
    document.removeEventListener("keydown", this.#unlock);
    document.removeEventListener("keydown", this.#pressed);
    document.removeEventListener("visibilitychange", this.#nudge);
    window.removeEventListener("online", this.#nudge);
    window.removeEventListener("pagehide", this.#hidden);
  }

  protected override render(): TemplateResult {
    const { store } = this;
    document.documentElement.lang = store.language;
    if (this.getAttribute("theme") !== store.theme) {
      this.setAttribute("theme", store.theme);
      // The page around the desk: its ground, its scroll bars.
      document.documentElement.dataset.theme = store.theme;
    }
    switch (store.phase) {
      case "loading":
        return html`<div class="loading"><span class="spinner"></span></div>`;
      case "login":
        return login(store);
      case "reset":
        return reset(store, this.#resetDone, () => {
          this.#resetDone = true;
          this.requestUpdate();
        });
      case "desk":
        return this.#desk();
    }
  }

  #desk(): TemplateResult {
    const { store } = this;
    const { current, t } = store;
    const classes = [
      "desk",
      `view-${store.view}`,
      current || (store.view === "inbox" && store.inbox.current) ? "with-pane" : "",
      inCallHere(store) ? "in-call" : "",
      store.infoShown ? "info-shown" : "",
    ];
    return html`<div class=${classes.join(" ")}>
      ${header(store)}
      <div class="notes">
        ${store.stream === "waiting" ? html`<p class="net" role="status">${t.offline}</p>` : nothing}
        ${presenceNotes(store)}
      </div>
      ${navigation(store)}
      <main class="middle">
        ${store.view === "conversations" ? list(store) : nothing}
        ${store.view === "inbox" ? inboxList(store) : nothing}
        <div class="work">${stage(store)} ${this.#work(store)}</div>
      </main>
      ${current ? info(store, current) : nothing} ${invitations(store)}
      <p class="toast-holder" role="alert">
        ${store.toast ? html`<span class="toast">${icons.info(18)} ${store.toast}</span>` : nothing}
      </p>
      ${dialogs(store)}
    </div>`;
  }

  #work(store: DeskStore): TemplateResult {
    switch (store.view) {
      case "conversations":
        return store.current ? conversation(store, store.current) : nothingOpen(store);
      case "inbox":
        return leftMessage(store);
      case "board":
        return board(store);
    }
  }

  protected override willUpdate(changes: PropertyValues): void {
    super.willUpdate(changes);
    const lines = this.renderRoot.querySelector(".history");
    this.#atEnd = !lines || lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
  }

  protected override updated(changes: PropertyValues): void {
    super.updated(changes);
    const { selected } = this.store;
    const lines = this.renderRoot.querySelector(".history");
    const switched = selected !== this.#shown;
    if (lines && (this.#atEnd || switched)) lines.scrollTop = lines.scrollHeight;
    if (switched) {
      this.#shown = selected;
      if (selected && !matchMedia("(pointer: coarse)").matches) {
        this.renderRoot.querySelector<HTMLElement>("textarea")?.focus();
      }
    }
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    const { store } = this;
    // A dialog has the keys for itself.
    if (store.phase !== "desk" || store.dialog) return;
    const shortcut = shortcutOf(event);
    if (!shortcut || !store.press(shortcut)) return;
    event.preventDefault();
    if (shortcut === "write" || shortcut === "note")
      this.renderRoot.querySelector<HTMLElement>("[data-testid=composer]")?.focus();
  };
  readonly #unlock = (): void => this.store.attention.unlock();
  readonly #nudge = (): void => {
    if (document.visibilityState === "visible") this.store.nudge();
  };
  readonly #hidden = (): void => this.store.call.pageHidden();
}
