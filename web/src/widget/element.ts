/** The web component: puts the views together, keeps the focus and the scroll position where they belong. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base } from "../styles/base";
import { callStyles } from "../styles/call";
import { composerStyles } from "../styles/composer";
import { lineStyles } from "../styles/lines";
import { ringStyles } from "../styles/ring";
import { tokens } from "../styles/tokens";
import * as icons from "../ui/icons";
import type { WidgetConfig } from "./config";
import { WidgetStore } from "./store";
import { footStyles } from "./styles/foot";
import { panelStyles } from "./styles/panel";
import { stageStyles } from "./styles/stage";
import { footer } from "./views/composer";
import { confirmation, proposal } from "./views/dialogs";
import { header } from "./views/header";
import { history } from "./views/history";
import { launcher } from "./views/launcher";
import { stage } from "./views/stage";
import { waiting } from "./views/waiting";

export class VisavisWidget extends LitElement {
  static override styles = [
    tokens,
    base,
    ringStyles,
    callStyles,
    lineStyles,
    composerStyles,
    panelStyles,
    footStyles,
    stageStyles,
  ];

  #store: WidgetStore | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;
  #wasOpen = false;
  #confirmed: HTMLElement | null = null;
  #proposal: string | null = null;
  #leaving = false;
  #atEnd = true;
  readonly #narrow = matchMedia("(max-width: 560px)");
  #pageOverflow: string | null = null;

  set config(config: WidgetConfig) {
    this.setAttribute("theme", config.theme);
    this.#store = new WidgetStore(config, () => this.requestUpdate());
    void this.#store.start();
  }

  get store(): WidgetStore | null {
    return this.#store;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Countdowns and "before you" lines live by the second; without one on screen nothing is drawn.
    this.#tick = setInterval(() => {
      const { conversation, call } = this.#store ?? {};
      if (conversation?.proposal || call?.phase === "preview") this.requestUpdate();
    }, 250);
    window.visualViewport?.addEventListener("resize", this.#fitKeyboard);
    window.visualViewport?.addEventListener("scroll", this.#fitKeyboard);
    window.addEventListener("online", this.#nudge);
    window.addEventListener("pagehide", this.#hidden);
    window.addEventListener("pageshow", this.#shown);
    document.addEventListener("visibilitychange", this.#nudge);
    document.addEventListener("visibilitychange", this.#looked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#tick);
    window.visualViewport?.removeEventListener("resize", this.#fitKeyboard);
    window.visualViewport?.removeEventListener("scroll", this.#fitKeyboard);
    window.removeEventListener("online", this.#nudge);
    window.removeEventListener("pagehide", this.#hidden);
    window.removeEventListener("pageshow", this.#shown);
    document.removeEventListener("visibilitychange", this.#nudge);
    document.removeEventListener("visibilitychange", this.#looked);
  }

  protected override render(): TemplateResult | typeof nothing {
    const store = this.#store;
    if (!store?.site) return nothing;
    this.toggleAttribute("open", store.open);
    this.lang = store.config.language;
    // A call goes on while the panel is closed: its <video> carries the sound and has to stay.
    const kept = store.open || store.call.phase !== "idle";
    return html`${kept ? this.#panel(store) : nothing}
    ${store.open ? nothing : html`<div class="closed-view">${launcher(store)}</div>`}`;
  }

  #panel(store: WidgetStore): TemplateResult {
    const { conversation, confirming, t } = store;
    const staged = store.call.phase !== "idle";
    return html`<section
      class="panel ${staged ? "with-stage" : ""} ${store.chatInCall ? "show-chat" : ""}"
      role="dialog"
      aria-label=${t.panel}
      data-testid="panel"
      data-conversation-id=${conversation?.id ?? ""}
      data-state=${conversation?.state ?? ""}
      data-party=${conversation?.party ?? ""}
      ?hidden=${!store.open}
      @keydown=${this.#onKey}
    >
      ${staged ? html`<div class="stage-holder" ?inert=${confirming !== null}>${stage(store)}</div>` : nothing}
      <div class="chat" ?inert=${confirming !== null}>
        ${header(store)}
        ${store.stream === "waiting" ? html`<p class="net" role="status">${t.offline}</p>` : nothing}
        ${waiting(store)} ${conversation ? history(store) : this.#opening(store)} ${proposal(store)}
        ${footer(store)}
      </div>
      ${confirmation(store)}
      <p class="toast-holder" role="alert">
        ${store.toast ? html`<span class="toast">${icons.info(18)} ${store.toast}</span>` : nothing}
      </p>
    </section>`;
  }

  #opening(store: WidgetStore): TemplateResult {
    return html`<div class="history opening">
      ${store.starting ? html`<span class="spinner"></span><p>${store.t.loading}</p>` : nothing}
    </div>`;
  }

  protected override willUpdate(changes: PropertyValues): void {
    super.willUpdate(changes);
    const list = this.renderRoot.querySelector(".history");
    // Somebody who scrolled up to read is left there.
    this.#atEnd = !list || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  }

  protected override updated(changes: PropertyValues): void {
    super.updated(changes);
    const store = this.#store;
    if (!store) return;
    if (this.#atEnd) this.#scrollToEnd();
    if (store.open !== this.#wasOpen) {
      const first = this.#wasOpen === false && store.open;
      this.#wasOpen = store.open;
      this.#holdPage(store.open);
      this.#focusAfterToggle(first);
    }
    this.#focusDialogs(store);
  }

  #scrollToEnd(): void {
    const list = this.renderRoot.querySelector(".history");
    if (list) list.scrollTop = list.scrollHeight;
  }

  #focusAfterToggle(opened: boolean): void {
    if (!opened) {
      this.#find(".bubble")?.focus();
      return;
    }
    this.#scrollToEnd();
    // On a touch screen the focus would pull the keyboard up over the chat that was just opened.
    if (matchMedia("(pointer: coarse)").matches) this.#find("[data-testid=minimise]")?.focus();
    else (this.#find("textarea") ?? this.#find("[data-testid=minimise]"))?.focus();
  }

  #focusDialogs(store: WidgetStore): void {
    const confirm = this.#find(".confirm");
    if (confirm && this.#confirmed !== confirm) confirm.focus();
    if (!confirm && this.#confirmed) this.#find("textarea, [data-testid=minimise]")?.focus();
    this.#confirmed = confirm;
    const id = store.conversation?.proposal?.id ?? null;
    if (id && id !== this.#proposal) {
      // The box, not its button: an Enter meant for the message must not accept a call.
      const area = this.#find("textarea") as HTMLTextAreaElement | null;
      if (!area?.value) this.#find(".proposal")?.focus();
    }
    this.#proposal = id;
    // Who asks for the form is going to fill it in, and goes on writing in the chat after it.
    const form = this.#find(".leave-message");
    if (form && !this.#leaving) form.querySelector("input")?.focus();
    if (!form && this.#leaving && store.open) this.#find("textarea")?.focus();
    this.#leaving = form !== null;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Tab") this.#keepTabInConfirm(event);
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    if (this.#store?.confirming) this.#store.confirm(null);
    else this.#store?.hide();
  }

  #keepTabInConfirm(event: KeyboardEvent): void {
    const buttons = [...this.renderRoot.querySelectorAll<HTMLElement>(".confirm button")];
    const active = this.shadowRoot?.activeElement;
    const edge = event.shiftKey ? buttons[0] : buttons.at(-1);
    const other = event.shiftKey ? buttons.at(-1) : buttons[0];
    if (!other || (active !== edge && active !== this.#confirmed)) return;
    event.preventDefault();
    other.focus();
  }

  /** Where the panel covers the whole screen, the page behind it must not scroll along. */
  #holdPage(open: boolean): void {
    const page = document.documentElement;
    if (open && this.#narrow.matches && this.#pageOverflow === null) {
      this.#pageOverflow = page.style.overflow;
      page.style.overflow = "hidden";
    } else if (!open && this.#pageOverflow !== null) {
      page.style.overflow = this.#pageOverflow;
      this.#pageOverflow = null;
    }
  }

  #find(selector: string): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(selector);
  }

  /** On iOS the keyboard covers the page without resizing it; the composer has to stay above. */
  readonly #fitKeyboard = (): void => {
    const view = window.visualViewport;
    if (!view || !this.#narrow.matches) return;
    this.style.setProperty("--keyboard-top", `${view.offsetTop}px`);
    this.style.setProperty("--keyboard-height", `${view.height}px`);
  };
  readonly #nudge = (): void => {
    if (document.visibilityState === "visible") this.#store?.nudge();
  };
  readonly #looked = (): void => this.#store?.call.lookedAt();
  readonly #hidden = (): void => this.#store?.call.pageHidden();
  readonly #shown = (event: PageTransitionEvent): void => {
    if (event.persisted) this.#store?.call.pageShown();
  };
}
