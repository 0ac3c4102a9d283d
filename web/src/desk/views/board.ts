/** The supervisor's live board: the groups with their lines and their day, who waits, who works. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { BoardAgent, BoardGroup, BoardLine } from "../../api/model";
import { labelIn } from "../../i18n/language";
import { minutes } from "../../i18n/shape";
import * as icons from "../../ui/icons";
import { elapsed } from "../../ui/text";
import type { DeskStore } from "../store";
import { heldRows, queueRows } from "./board_rows";

export function board(store: DeskStore): TemplateResult {
  const { t } = store;
  const { view, failed } = store.board;
  return html`<div class="board" role="region" aria-labelledby="board-title" tabindex="0" data-testid="board" data-shown=${String(view !== null)}>
    <div class="board-head">
      <h2 id="board-title">${t.board.title}</h2>
      ${view ? html`<p class="live ${failed ? "stale" : ""}" role="status" data-testid="board-live" data-live=${String(!failed)}>${failed ? t.board.stale : t.board.live}</p>` : nothing}
    </div>
    ${view ? html`${groups(store, view.groups)} ${queueRows(store)} ${heldRows(store)} ${agents(store, view.agents)}` : notYet(store)}
  </div>`;
}

function notYet(store: DeskStore): TemplateResult {
  const { t } = store;
  if (!store.board.failed) {
    return html`<p class="list-wait" role="status"><span class="spinner"></span> ${t.board.loading}</p>`;
  }
  return html`<div class="list-trouble" role="alert">
    <p>${t.board.failed}</p>
    <button class="button quiet small" @click=${() => store.board.refresh()}>${icons.retry(18)} ${t.retry}</button>
  </div>`;
}

function groups(store: DeskStore, all: BoardGroup[]): TemplateResult {
  return html`<section aria-labelledby="board-groups">
    <h3 id="board-groups" class="visually-hidden">${store.t.board.groups}</h3>
    <div class="board-groups">${repeat(
      all,
      (group) => group.group,
      (group) => card(store, group),
    )}</div>
  </section>`;
}

function card(store: DeskStore, group: BoardGroup): TemplateResult {
  const { t } = store;
  const { today } = group;
  return html`<article class="board-card" data-testid="board-group" data-group=${group.group}>
    <div class="board-card-head">
      <h4>${labelIn(store.language, group.label, group.group)}</h4>
      <span class="tag ${group.open ? "" : "closed"}">${group.open ? t.board.open : t.board.closed}</span>
    </div>
    <div class="board-lines">
      ${line(store, icons.chat(18), t.presenceChat, group.chat, "chat")}
      ${line(store, icons.video(18), t.presenceVideo, group.video, "video")}
    </div>
    <dl class="board-day">
      ${measure(t.board.serviceLevel, percent(store, today.service_level), t.board.target(group.target_share, group.target_seconds), level(group))}
      ${measure(t.board.answered, t.board.ofOffered(today.answered, today.offered))}
      ${measure(t.board.abandoned, String(today.abandoned))}
      ${measure(t.board.meanWait, time(today.wait_mean))}
      ${measure(t.board.meanHandle, time(today.handle_mean))}
    </dl>
    <ul class="board-states" aria-label=${t.board.agentStates}>${states(store, group)}</ul>
  </article>`;
}

function line(
  store: DeskStore,
  picture: TemplateResult,
  name: string,
  one: BoardLine,
  channel: string,
): TemplateResult {
  const { t } = store;
  const longest = one.longest_since ? elapsed(store.secondsSince(one.longest_since)) : "–";
  const reason = one.wait_reason ? t.waitReason[one.wait_reason] : "";
  const expected = one.wait ? t.board.band(minutes(one.wait)) : one.wait_unknown ? t.board.unknown : "–";
  return html`<div role="group" class="board-line" data-testid="board-${channel}" aria-label=${name}>
    <p class="board-line-name">${picture} ${name}</p>
    <dl>
      ${measure(t.board.waiting, t.board.ofPlaces(one.waiting, one.places), "", one.waiting > 0 ? "busy" : "")}
      ${measure(t.board.longest, longest)} ${measure(t.board.expected, expected, reason)}
    </dl>
  </div>`;
}

function measure(name: string, value: string, more = "", tone = ""): TemplateResult {
  return html`<div class=${tone}>
    <dt>${name}</dt>
    <dd>${value} ${more ? html`<small>${more}</small>` : nothing}</dd>
  </div>`;
}

function percent({ language }: DeskStore, share: number | null): string {
  return share === null ? "–" : new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

function time(seconds: number | null): string {
  return seconds === null ? "–" : elapsed(Math.round(seconds));
}

function level({ today, target_share }: BoardGroup): string {
  if (today.service_level === null) return "";
  return today.service_level * 100 >= target_share ? "good" : "bad";
}

function states(store: DeskStore, { agents: counted }: BoardGroup): TemplateResult[] {
  const { t } = store;
  const { available, busy, paused, wrap_up, away, offline } = counted;
  const pauses = Object.values(paused).reduce((sum, n) => sum + n, 0);
  const all: Array<[BoardAgent["state"], number]> = [
    ["available", available],
    ["busy", busy],
    ["paused", pauses],
    ["wrap_up", wrap_up],
    ["away", away],
    ["offline", offline],
  ];
  return all
    .filter(([state, n]) => n > 0 || state === "available")
    .map(
      ([state, n]) =>
        html`<li class="state ${state}"><strong>${n}</strong> ${t.board.agentState[state]}</li>`,
    );
}

function agents(store: DeskStore, all: BoardAgent[]): TemplateResult {
  const { t } = store;
  return html`<section class="board-part" aria-labelledby="board-agents">
    <h3 id="board-agents">${t.board.agents} <span class="count">${all.length}</span></h3>
    ${
      all.length === 0
        ? html`<p class="board-none">${t.board.agentsNone}</p>`
        : html`<ul class="rows">${repeat(
            inOrder(all),
            (agent) => agent.id,
            (agent) => row(store, agent),
          )}</ul>`
    }
  </section>`;
}

const ORDER: ReadonlyArray<BoardAgent["state"]> = [
  "available",
  "busy",
  "wrap_up",
  "paused",
  "away",
  "offline",
];

/** Who can take something comes first. */
export function inOrder(agents: readonly BoardAgent[]): BoardAgent[] {
  return [...agents].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name),
  );
}

function row(store: DeskStore, agent: BoardAgent): TemplateResult {
  const { t } = store;
  const reason = agent.reason ? store.pauseReason(agent.reason) : "";
  const where = agent.groups.map((group) => store.groupLabel(group)).join(", ");
  return html`<li class="row" data-testid="board-agent" data-state=${agent.state}>
    <p class="row-name"><strong>${agent.name}</strong> <small>${where}</small></p>
    <p>
      <span class="state ${agent.state}">${t.board.agentState[agent.state]}${reason ? html` · ${reason}` : nothing}</span>
      ${agent.since ? html`<small>${elapsed(store.secondsSince(agent.since))}</small>` : nothing}
    </p>
    <p class="row-load">${t.board.chats(agent.chats)} · ${t.board.videos(agent.videos)}</p>
  </li>`;
}
