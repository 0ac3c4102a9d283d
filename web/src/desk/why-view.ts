/** "Why?": the story of a conversation as the service tells it, looked up when somebody asks. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { Http } from "../api/http";
import type { components } from "../api/types";
import { base } from "../styles/base";

type Decision = components["schemas"]["DecisionView"];

const TEXTS = {
  fr: {
    title: "Pourquoi\u00a0?",
    every: "Chaque étape",
    turning: "Les étapes décisives",
    failed: "L’explication n’a pas pu être chargée.",
    again: "Réessayer",
    loading: "Chargement…",
    instead: "Ce qui a failli décider",
  },
  en: {
    title: "Why?",
    every: "Every step",
    turning: "The turning points",
    failed: "The explanation could not be loaded.",
    again: "Try again",
    loading: "Loading…",
    instead: "What nearly decided",
  },
};

/** Steps after which somebody asks why: a move, a refusal, a card, a search for an agent. */
function turns(one: Decision): boolean {
  const moved = one.to !== null && one.to !== one.state;
  return moved || one.outcome === "denied" || one.search !== null || one.event === "TransferRequested";
}

export class WhyView extends LitElement {
  static override properties = {
    base: {},
    conversation: {},
    stamp: {},
    language: {},
    decisions: { state: true },
    failed: { state: true },
    every: { state: true },
    open: { state: true },
  };

  static override styles = [
    base,
    css`
      :host {
        display: block;
        margin-block-start: var(--s5);
        padding-block-start: var(--s5);
        border-block-start: 1px solid var(--line);
        font-size: 14px;
      }
      summary {
        min-block-size: 24px;
        border-radius: var(--r1);
        cursor: pointer;
      }
      summary:focus-visible,
      button:focus-visible {
        outline: 3px solid var(--focus);
        outline-offset: 2px;
      }
      h3 {
        display: inline;
        font-size: var(--text-m);
      }
      button {
        min-block-size: 32px;
        padding: 0 var(--s3);
        border: 1px solid var(--line-strong);
        border-radius: var(--r1);
        background: none;
        color: var(--ink);
        font: inherit;
        cursor: pointer;
      }
      .filter {
        margin-block: var(--s3);
      }
      ol {
        display: flex;
        flex-direction: column;
        gap: var(--s4);
      }
      .step {
        padding-inline-start: var(--s3);
        border-inline-start: 3px solid var(--line);
        overflow-wrap: anywhere;
      }
      .step.denied {
        border-color: var(--danger-text);
      }
      .happened {
        font-weight: 600;
      }
      time {
        color: var(--ink-2);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
      .step p,
      .step li {
        color: var(--ink-2);
      }
      .step .happened,
      .step .decided {
        color: var(--ink);
      }
      .instead {
        margin-block-start: var(--s1);
      }
      .instead summary {
        color: var(--ink-2);
      }
      .instead li {
        margin-block-start: var(--s1);
      }
      .failed {
        margin-block: var(--s3);
        color: var(--danger-text);
      }
    `,
  ];

  declare base: string;
  declare conversation: string;
  /** Changes when the story may have gone on. */
  declare stamp: string;
  declare language: "fr" | "en";
  declare decisions: readonly Decision[] | null;
  declare failed: boolean;
  declare every: boolean;
  declare open: boolean;
  #asked = "";

  constructor() {
    super();
    this.base = "";
    this.conversation = "";
    this.stamp = "";
    this.language = "fr";
    this.decisions = null;
    this.failed = false;
    this.every = false;
    this.open = false;
  }

  protected override updated(): void {
    const wanted = `${this.conversation} ${this.language} ${this.stamp}`;
    if (!this.open || wanted === this.#asked) return;
    if (!this.#asked.startsWith(`${this.conversation} `)) this.decisions = null;
    this.#asked = wanted;
    void this.#load(wanted);
  }

  async #load(wanted: string): Promise<void> {
    const http = new Http({
      base: `${this.base}/api`,
      credentials: "same-origin",
      headers: () => ({ "x-visavis": "desk" }),
    });
    try {
      const path = `/conversations/${this.conversation}/decisions?language=${this.language}`;
      const decisions = await http.get<Decision[]>(path);
      // What was asked for meanwhile is more recent.
      if (wanted !== this.#asked) return;
      this.decisions = decisions;
      this.failed = false;
    } catch {
      if (wanted === this.#asked) this.failed = true;
    }
  }

  protected override render(): TemplateResult {
    const t = TEXTS[this.language];
    return html`<details
      data-testid="why-story"
      @toggle=${(event: Event) => {
        this.open = (event.currentTarget as HTMLDetailsElement).open;
      }}
    >
      <summary><h3>${t.title}</h3></summary>
      ${this.failed ? this.#failure() : nothing}
      ${this.decisions ? this.#story(this.decisions) : this.failed ? nothing : html`<p role="status">${t.loading}</p>`}
    </details>`;
  }

  #failure(): TemplateResult {
    const t = TEXTS[this.language];
    return html`<div class="failed" role="alert">
      <p>${t.failed}</p>
      <button
        @click=${() => {
          this.#asked = "";
          this.failed = false;
          this.requestUpdate();
        }}
      >
        ${t.again}
      </button>
    </div>`;
  }

  #story(decisions: readonly Decision[]): TemplateResult {
    const t = TEXTS[this.language];
    const shown = this.every ? decisions : decisions.filter(turns);
    return html`<button
        class="filter"
        data-testid="why-every"
        aria-pressed=${String(this.every)}
        @click=${() => {
          this.every = !this.every;
        }}
      >
        ${t.every}
      </button>
      <ol aria-label=${this.every ? t.every : t.turning}>
        ${shown.map((one) => this.#step(one))}
      </ol>`;
  }

  #step({ at, event, outcome, told }: Decision): TemplateResult {
    const locale = this.language === "fr" ? "fr-FR" : "en-GB";
    const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" }).format(new Date(at));
    return html`<li class="step ${outcome}" data-testid="why-step" data-event=${event}>
      <p class="happened"><time datetime=${at}>${time}</time> ${told.happened}</p>
      ${told.search.map((sentence) => html`<p>${sentence}</p>`)}
      <p class="decided">${told.decided}</p>
      ${told.because ? html`<p>${told.because}</p>` : nothing}
      ${
        told.nearly.length > 0
          ? html`<details class="instead">
            <summary>${TEXTS[this.language].instead} (${told.nearly.length})</summary>
            <ul>
              ${told.nearly.map((sentence) => html`<li>${sentence}</li>`)}
            </ul>
          </details>`
          : nothing
      }
    </li>`;
  }
}

customElements.define("visavis-why", WhyView);
