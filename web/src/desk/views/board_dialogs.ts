/** What a supervisor does from the board: give a conversation to somebody, move it to another line, read along. */
import { html, nothing, type TemplateResult } from "lit";
import type { Requeue } from "../../api/model";
import { lineList } from "../../chat/lines";
import { labelIn } from "../../i18n/language";
import * as icons from "../../ui/icons";
import { modal } from "../../ui/modal";
import type { DeskStore } from "../store";
import { inOrder } from "./board";
import { nameOf } from "./board_rows";
import { author } from "./conversation";

export function assignDialog(store: DeskStore): TemplateResult {
  const { t, board, agent: me } = store;
  const id = board.subject ?? "";
  // Who is connected may be given a conversation in any state, also with both switches off.
  const others = inOrder(board.view?.agents ?? []).filter(
    ({ id: other, state }) => other !== me?.id && state !== "away",
  );
  return form(store, t.board.assignTitle(nameOf(store, id)), t.board.assignLead, async (fields) => {
    if (await board.assign(id, String(fields.get("agent")))) store.show(null);
  })(html`<label>
    ${t.board.assignTo}
    <select name="agent" required data-testid="assign-agent">
      <option value="me">${t.board.me}</option>
      ${others.map(
        ({ id: other, name, state }) =>
          html`<option value=${other}>${name} (${t.board.agentState[state]})</option>`,
      )}
    </select>
  </label>`);
}

export function requeueDialog(store: DeskStore): TemplateResult {
  const { t, board } = store;
  const id = board.subject ?? "";
  const now = board.view?.queue.find((entry) => entry.conversation_id === id);
  return form(store, t.board.requeueTitle(nameOf(store, id)), t.board.requeueLead, async (fields) => {
    const priority = String(fields.get("priority") ?? "").trim();
    const to: Requeue = { group: String(fields.get("group")) };
    if (priority) to.priority = Number(priority);
    if (await board.requeue(id, to)) store.show(null);
  })(html`<label>
      ${t.board.toGroup}
      <select name="group" required data-testid="requeue-group">
        ${(board.view?.groups ?? []).map(
          ({ group, label }) =>
            html`<option value=${group} ?selected=${group === now?.group}>
              ${labelIn(store.language, label, group)}
            </option>`,
        )}
      </select>
    </label>
    <label>
      ${t.board.priorityField}
      <input name="priority" type="number" min="-100" max="100" step="1" data-testid="requeue-priority" />
    </label>`);
}

function form(
  store: DeskStore,
  title: string,
  lead: string,
  send: (fields: FormData) => Promise<void>,
): (content: TemplateResult) => TemplateResult {
  const { t, board } = store;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void send(new FormData(event.currentTarget as HTMLFormElement));
  };
  return (content) => html`<dialog
    class="dialog"
    aria-labelledby="act-title"
    aria-describedby="act-lead"
    data-testid="board-dialog"
    @close=${() => store.show(null)}
    ${modal()}
  >
    <h2 id="act-title">${title}</h2>
    <p id="act-lead">${lead}</p>
    <form class="form" @submit=${submit}>
      ${content}
      <div class="dialog-buttons">
        <button class="button quiet" type="button" data-testid="cancel" @click=${() => store.show(null)}>
          ${t.cancel}
        </button>
        <button class="button brand" type="submit" data-testid="confirm" ?disabled=${board.busy}>
          ${t.board.confirm}
        </button>
      </div>
    </form>
  </dialog>`;
}

export function readDialog(store: DeskStore): TemplateResult | typeof nothing {
  const { t, board } = store;
  const { reading } = board;
  if (!reading) return nothing;
  return html`<dialog
    class="dialog wide-dialog reading"
    aria-labelledby="read-title"
    data-testid="reading"
    @close=${() => store.show(null)}
    ${modal()}
  >
    <div class="reading-head">
      <h2 id="read-title">${t.board.readTitle(nameOf(store, reading.id))}</h2>
      <button class="icon-button" aria-label=${t.close} data-testid="close-reading" @click=${() => store.show(null)}>
        ${icons.close()}
      </button>
    </div>
    ${reading.conversation && reading.conversation.state !== "closed" ? html`<p>${t.board.readLead}</p>` : nothing}
    ${reading.failed ? html`<p class="problem" role="alert">${icons.alert(18)} <span>${t.board.readFailed}</span></p>` : nothing}
    <div class="history" tabindex="0" role="log" aria-label=${t.history}>
      ${
        reading.conversation || reading.failed
          ? lineList({
              lines: reading.lines,
              pending: [],
              mine: "agent",
              texts: t,
              notices: store.notices,
              base: store.base,
              language: store.language,
              online: true,
              author: (line) => author(store, line),
              retry: () => undefined,
            })
          : html`<span class="spinner"></span>`
      }
    </div>
    ${
      reading.conversation && reading.conversation.state !== "closed" && !reading.conversation.mine
        ? html`<div class="dialog-buttons">
          <button
            class="button brand"
            data-testid="reading-take-over"
            ?disabled=${board.busy}
            @click=${() => board.takeOver(reading.id)}
          >
            ${icons.check(18)} ${t.board.takeOver}
          </button>
        </div>`
        : nothing
    }
  </dialog>`;
}
