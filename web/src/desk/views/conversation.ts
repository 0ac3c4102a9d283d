/** One conversation: its lines, what the agent writes, and what they may do. */
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { AgentConversation, Message, PersonView } from "../../api/model";
import { type LineTexts, lineList } from "../../chat/lines";
import { ring } from "../../ui/countdown";
import { grow } from "../../ui/grow";
import * as icons from "../../ui/icons";
import { isVideo } from "../call_flow";
import { type DeskStore, mayTransfer } from "../store";
import { languageName } from "./language";
import { visitorName } from "./list";
import { pendingTransfer } from "./transfer";

const PROPOSAL_SECONDS = 60;

export function conversation(store: DeskStore, c: AgentConversation): TemplateResult {
  const { t } = store;
  const typing = store.typing === c.id;
  return html`<section
    class="pane"
    data-testid="conversation"
    data-conversation-id=${c.id}
    data-state=${c.state}
    data-party=${c.party}
    aria-label=${visitorName(store, c)}
  >
    ${head(store, c)}
    <div class="history" tabindex="0" role="log" aria-label=${t.history} data-testid="history">
      ${lineList({
        lines: store.lines(c.id),
        pending: store.outbox.items.filter((item) => item.conversationId === c.id),
        notes: store.notes.items.filter((item) => item.conversationId === c.id),
        mine: "agent",
        texts: t satisfies LineTexts,
        notices: store.notices,
        base: store.base,
        language: store.language,
        online: store.stream === "open" && navigator.onLine,
        author: (line) => author(store, line),
        retry: (clientId) => {
          store.outbox.retry(clientId);
          store.notes.retry(clientId);
        },
      })}
      <p class="typing" role="status">
        ${
          typing
            ? html`<span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span
              ><span class="visually-hidden">${t.typing}</span>`
            : nothing
        }
      </p>
    </div>
    ${c.video_unavailable ? html`<p class="pane-note" data-testid="why-no-video">${icons.info(18)} <span>${t.videoUnavailable(store.whyNoVideo(c.video_unavailable))}</span></p>` : nothing}
    ${pendingTransfer(store, c)} ${proposal(store, c)} ${keyed(c.id, composer(store, c))}
  </section>`;
}

function head(store: DeskStore, c: AgentConversation): TemplateResult {
  const { t } = store;
  return html`<div class="pane-head">
    <button class="icon-button back" aria-label=${t.back} data-testid="back" @click=${() => store.select(null)}>
      ${icons.back(22)}
    </button>
    <div class="pane-title">
      <h2>${visitorName(store, c)}</h2>
      <p>
        <span class="tag ${c.state}">${t.state[c.state]}</span>
        <span class="pane-sub">
          ${languageName(c.visitor.language, store.language)} ·
          ${c.visitor.device === "mobile" ? t.mobile : t.desktop}
        </span>
      </p>
    </div>
    ${
      c.can.propose_video
        ? html`<button
          class="button brand small"
          data-testid="propose-video"
          @click=${() => store.act(c.id, "video/propose")}
        >
          ${icons.video(18)} <span class="wide-only">${t.proposeVideo}</span
          ><span class="narrow-only visually-hidden">${t.proposeVideo}</span>
        </button>`
        : nothing
    }
    ${
      mayTransfer(c)
        ? html`<button
          class="button quiet small"
          data-testid="transfer"
          aria-label=${t.transfer.open}
          @click=${() => store.show("transfer")}
        >
          ${icons.transfer(18)} <span class="wide-only">${t.transfer.open}</span>
        </button>`
        : nothing
    }
    ${
      c.can.close
        ? html`<button
          class="button quiet small"
          data-testid="close-conversation"
          aria-label=${t.closeTitle}
          @click=${() => store.show("close")}
        >
          ${icons.leave(18)} <span class="wide-only">${t.closeConversation}</span>
        </button>`
        : nothing
    }
    <button
      class="icon-button info-toggle"
      aria-label=${t.info}
      title=${t.info}
      aria-expanded=${String(store.infoShown)}
      data-testid="toggle-info"
      @click=${() => store.toggleInfo()}
    >
      ${icons.info(22)}
    </button>
  </div>`;
}

function proposal(store: DeskStore, c: AgentConversation): TemplateResult | typeof nothing {
  const { t } = store;
  if (!c.proposal) return nothing;
  return html`<div class="proposal-bar" role="status" data-testid="proposal">
    ${ring(store.secondsUntil(c.proposal.expires_at), PROPOSAL_SECONDS)}
    <p><strong>${t.proposalOpen}</strong></p>
    ${
      c.can.withdraw_video
        ? html`<button
          class="button quiet small"
          data-testid="withdraw-video"
          @click=${() => store.act(c.id, "video/withdraw")}
        >
          ${t.withdrawVideo}
        </button>`
        : nothing
    }
  </div>`;
}

function composer(store: DeskStore, c: AgentConversation): TemplateResult {
  const { t } = store;
  const { id } = c;
  // After the end there is nobody to write to but colleagues.
  const noting = store.noting || !c.can.write;
  const submit = (event: Event) => {
    event.preventDefault();
    const area = (event.currentTarget as HTMLElement).querySelector("textarea");
    if (!area?.value.trim()) return;
    if (noting) store.setNoting(true);
    store.write(area.value);
    area.value = "";
    grow(area);
    area.focus();
  };
  return html`<form class="composer ${noting ? "noting" : ""}" @submit=${submit}>
    <button
      class="note-switch"
      type="button"
      data-testid="note-switch"
      aria-pressed=${String(noting)}
      aria-label=${t.internalNote.toggle}
      title=${t.internalNote.toggle}
      ?disabled=${!c.can.write}
      @click=${(event: Event) => {
        store.setNoting(!noting);
        (event.currentTarget as HTMLElement).closest("form")?.querySelector("textarea")?.focus();
      }}
    >
      ${icons.shield(20)}
    </button>
    <textarea
      rows="1"
      maxlength="4000"
      data-testid="composer"
      aria-label=${noting ? t.internalNote.composer : t.composer}
      placeholder=${noting ? t.internalNote.placeholder : t.placeholder}
      enterkeyhint="send"
      .defaultValue=${store.drafts.of(id)}
      @input=${(event: Event) => {
        const area = event.currentTarget as HTMLTextAreaElement;
        grow(area);
        store.drafts.set(id, area.value);
        store.typed();
      }}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit();
      }}
    ></textarea>
    <button class="send" type="submit" data-testid="send" aria-label=${noting ? t.internalNote.save : t.send} title=${noting ? t.internalNote.save : t.send}>${noting ? icons.check() : icons.send()}</button>
  </form>`;
}

export function author(store: DeskStore, line: Message): PersonView {
  const { t } = store;
  const fallback = { visitor: t.visitor, bot: t.bot, agent: t.agent, system: "" }[line.author.role];
  return { name: line.author.name ?? fallback, picture_url: null };
}

export function inCallHere(store: DeskStore): boolean {
  const { current } = store;
  return current !== null && isVideo(current) && store.call.conversationId === current.id;
}
