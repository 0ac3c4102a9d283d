/** The conversations on the board: who waits, and who has whom. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { BoardEntry, ConversationSummary } from "../../api/model";
import * as icons from "../../ui/icons";
import { elapsed } from "../../ui/text";
import type { DeskStore, Dialog } from "../store";
import { languageName } from "./language";

/** Visitors have no name; the end of their number tells two of them apart. */
export function nameOf(store: DeskStore, conversationId: string): string {
  return `${store.t.visitor} ${conversationId.slice(-4)}`;
}

export function queueRows(store: DeskStore): TemplateResult {
  const { t } = store;
  const queue = store.board.view?.queue ?? [];
  return html`<section class="board-part" aria-labelledby="board-queue">
    <h3 id="board-queue">${t.board.queue} <span class="count">${queue.length}</span></h3>
    ${
      queue.length === 0
        ? html`<p class="board-none">${t.board.queueNone}</p>`
        : html`<ul class="rows">
          ${repeat(
            queue,
            (entry) => entry.conversation_id,
            (entry) => waitingRow(store, entry),
          )}
        </ul>`
    }
  </section>`;
}

function waitingRow(store: DeskStore, entry: BoardEntry): TemplateResult {
  const { t } = store;
  const id = entry.conversation_id;
  const name = nameOf(store, id);
  const asked = store.board.view?.agents.find((agent) => agent.id === entry.invited_agent_id)?.name;
  return html`<li class="row" data-testid="board-entry" data-conversation-id=${id} data-position=${entry.position}>
    <p class="row-name">
      ${entry.channel === "video" ? icons.video(18) : icons.chat(18)}
      <span><strong>${name}</strong> <small>${store.groupLabel(entry.group)}</small></span>
    </p>
    <p>
      <span class="tag queued">${t.board.position(entry.position)}</span>
      ${entry.priority !== 0 ? html`<small>${t.board.priority(entry.priority)}</small>` : nothing}
      <small>${t.board.waits} <span class="ticks">${elapsed(store.secondsSince(entry.since))}</span></small>
      ${asked ? html`<small>${t.board.asked(asked)}</small>` : nothing}
    </p>
    <div class="row-buttons">
      ${act(store, "assign", id, t.board.assign, name, icons.person(18))}
      ${act(store, "requeue", id, t.board.requeue, name, icons.transfer(18))}
    </div>
  </li>`;
}

export function heldRows(store: DeskStore): TemplateResult {
  const { t, board } = store;
  return html`<section class="board-part" aria-labelledby="board-held">
    <h3 id="board-held">${t.board.held} <span class="count">${board.held.length}</span></h3>
    ${
      board.held.length === 0
        ? html`<p class="board-none">${t.board.heldNone}</p>`
        : html`<ul class="rows">
          ${repeat(
            board.held,
            (one) => one.id,
            (one) => heldRow(store, one),
          )}
        </ul>`
    }
    ${board.next ? html`<button class="button plain small" @click=${() => board.more()}>${t.board.more}</button>` : nothing}
  </section>`;
}

function heldRow(store: DeskStore, one: ConversationSummary): TemplateResult {
  const { t, board } = store;
  const mine = one.agent_id === store.agent?.id;
  const name = nameOf(store, one.id);
  return html`<li class="row" data-testid="board-held" data-conversation-id=${one.id} data-state=${one.state}>
    <p class="row-name">
      ${one.state === "in_video" || one.state === "video_lobby" ? icons.video(18) : icons.chat(18)}
      <span>
        <strong>${name}</strong>
        <small>${one.group ? `${store.groupLabel(one.group)} · ` : ""}${languageName(one.language, store.language)}</small>
      </span>
    </p>
    <p>
      <span class="tag ${one.state}">${t.state[one.state]}</span>
      <small>${t.board.with} ${mine ? t.board.me : one.agent_name}</small>
      ${one.agent_present ? nothing : html`<small class="trouble">${t.board.agentLost}</small>`}
      ${one.visitor_present ? nothing : html`<small>${t.visitorAway}</small>`}
      <small>${t.board.since} <span class="ticks">${elapsed(store.secondsSince(one.started_at))}</span></small>
    </p>
    <div class="row-buttons">
      ${
        mine
          ? html`<button class="button quiet small" @click=${() => store.open(one.id)}>${icons.chat(18)} ${t.board.read}
              <span class="visually-hidden">${name}</span></button>`
          : html`${act(store, "read", one.id, t.board.read, name, icons.info(18))}
            <button
              class="button quiet small"
              data-testid="take-over"
              ?disabled=${board.busy}
              @click=${() => board.takeOver(one.id)}
            >
              ${icons.check(18)} ${t.board.takeOver} <span class="visually-hidden">${name}</span>
            </button>`
      }
    </div>
  </li>`;
}

function act(
  store: DeskStore,
  dialog: Dialog,
  id: string,
  words: string,
  name: string,
  picture: TemplateResult,
): TemplateResult {
  const open = () => {
    store.board.subject = id;
    if (dialog === "read") store.board.read(id);
    store.show(dialog);
  };
  return html`<button class="button quiet small" data-testid=${dialog} ?disabled=${store.board.busy} @click=${open}>
    ${picture} ${words} <span class="visually-hidden">${name}</span>
  </button>`;
}
