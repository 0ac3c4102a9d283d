/** Handing a conversation on: the choice of who receives it, and what stands while nobody has accepted yet. */
import { html, nothing, type TemplateResult } from "lit";
import type { AgentConversation, TransferAgent, TransferGroup } from "../../api/model";
import { labelIn } from "../../i18n/language";
import { ring } from "../../ui/countdown";
import * as icons from "../../ui/icons";
import { modal } from "../../ui/modal";
import type { DeskStore } from "../store";

export function transferDialog(store: DeskStore): TemplateResult {
  const { t, transfer } = store;
  const { targets, busy } = transfer;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [kind, id] = String(form.get("to") ?? "").split(/:(.*)/s);
    const note = String(form.get("note") ?? "").trim();
    if (!id) return;
    const sent = await transfer.send(kind === "group" ? { group: id, note } : { agent_id: id, note });
    if (sent) store.show(null);
  };
  return html`<dialog
    class="dialog wide-dialog"
    aria-labelledby="transfer-title"
    data-testid="transfer-dialog"
    @close=${() => store.show(null)}
    ${modal()}
  >
    <h2 id="transfer-title">${t.transfer.title}</h2>
    <p>${t.transfer.lead}</p>
    <form class="form" @submit=${submit}>
      ${targets ? receivers(store) : waiting(store)}
      <label>
        ${t.transfer.note}
        <textarea
          name="note"
          rows="2"
          maxlength="2000"
          data-testid="transfer-note"
          aria-describedby="transfer-hint"
        ></textarea>
      </label>
      <p id="transfer-hint" class="hint">${t.transfer.noteHint}</p>
      <div class="dialog-buttons">
        <button class="button quiet" type="button" data-testid="cancel" @click=${() => store.show(null)}>
          ${t.cancel}
        </button>
        <button class="button brand" type="submit" data-testid="transfer-send" ?disabled=${busy || !targets}>
          ${busy ? t.transfer.sending : t.transfer.send}
        </button>
      </div>
    </form>
  </dialog>`;
}

function waiting({ t, transfer }: DeskStore): TemplateResult {
  return transfer.failed
    ? html`<p class="problem" role="alert">${icons.alert(18)} <span>${t.transfer.failed}</span></p>`
    : html`<p class="list-wait" role="status"><span class="spinner"></span> ${t.transfer.loading}</p>`;
}

function receivers(store: DeskStore): TemplateResult {
  const { t, transfer, selected } = store;
  const conversation = selected ? store.conversations.get(selected) : null;
  const { agents, groups } = transfer.targets ?? { agents: [], groups: [] };
  return html`${
    conversation?.can.transfer_to_group
      ? html`<fieldset class="choices">
        <legend>${t.transfer.groups}</legend>
        ${groups.map((group) => groupChoice(store, group))}
      </fieldset>`
      : nothing
  }
  ${
    conversation?.can.transfer
      ? html`<fieldset class="choices">
        <legend>${t.transfer.agents}</legend>
        ${agents.length === 0 ? html`<p class="choice-none">${t.transfer.nobody}</p>` : nothing}
        ${agents.map((agent) => agentChoice(store, agent))}
      </fieldset>`
      : nothing
  }`;
}

function groupChoice(store: DeskStore, group: TransferGroup): TemplateResult {
  const { t } = store;
  const words = [
    group.open ? t.transfer.freeAgents(group.free_agents) : t.transfer.closed,
    ...(group.waiting > 0 ? [t.transfer.waiting(group.waiting)] : []),
  ];
  const name = labelIn(store.language, group.labels, group.id);
  return choice(`group:${group.id}`, icons.group(20), name, words, group.open && group.free_agents > 0);
}

function agentChoice(store: DeskStore, agent: TransferAgent): TemplateResult {
  const { t } = store;
  const words = [
    agent.free ? stateOf(store, agent) : t.transfer.full,
    ...(agent.can_video ? [] : [t.transfer.noVideo]),
    ...(agent.in_group ? [] : [t.transfer.otherGroup]),
  ];
  const ready = agent.free && agent.chat === "available";
  return choice(`agent:${agent.id}`, icons.person(20), agent.name, words, ready, !agent.free);
}

/** A colleague who is connected may be asked in any state; the words say what to expect. */
function stateOf({ t }: DeskStore, agent: TransferAgent): string {
  if (agent.chat === "available") return t.transfer.free;
  return agent.chat === "paused" ? t.presencePaused : t.presenceOffline;
}

function choice(
  value: string,
  picture: TemplateResult,
  name: string,
  words: string[],
  ready: boolean,
  disabled = false,
): TemplateResult {
  return html`<label class="choice ${ready ? "ready" : ""}" data-testid="receiver">
    <input type="radio" name="to" value=${value} required ?disabled=${disabled} />
    <span class="choice-picture">${picture}</span>
    <span class="choice-words"><strong>${name}</strong> <span>${words.join(" · ")}</span></span>
  </label>`;
}

/** What the first agent sees until somebody has accepted. */
export function pendingTransfer(store: DeskStore, c: AgentConversation): TemplateResult | typeof nothing {
  const { t } = store;
  const { transfer } = c;
  if (!transfer) return nothing;
  const { to_agent, to_group, to_group_labels, since, until } = transfer;
  const group = to_group && labelIn(store.language, to_group_labels, to_group);
  const words = group
    ? to_agent
      ? t.transfer.pendingGroupAsks(group, to_agent)
      : t.transfer.pendingGroup(group)
    : t.transfer.pendingAgent(to_agent ?? "");
  return html`<div class="proposal-bar" data-testid="transfer-pending">
    ${until ? ring(store.secondsUntil(until), total(since, until)) : icons.transfer(22)}
    <p role="status"><strong>${words}</strong></p>
    ${
      c.can.withdraw_transfer
        ? html`<button
          class="button quiet small"
          data-testid="withdraw-transfer"
          @click=${() => store.act(c.id, "transfer/withdraw")}
        >
          ${t.transfer.withdraw}
        </button>`
        : nothing
    }
  </div>`;
}

const INVITATION_SECONDS = 30;

/** An invitation tells only when it ends; a group's transfer also when it began. */
function total(since: string | null, until: string): number {
  return since ? Math.max(1, (Date.parse(until) - Date.parse(since)) / 1000) : INVITATION_SECONDS;
}
