/** Why a request came to this agent: what matters most at a glance, the rest on demand. */
import { html, nothing, type TemplateResult } from "lit";
import type { InvitationReason, InvitationWhy } from "../../api/model";
import { labelIn } from "../../i18n/language";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";
import { languageName } from "./language";

export function why(store: DeskStore, { reasons, left_out }: InvitationWhy): TemplateResult | typeof nothing {
  const [first, ...more] = reasons;
  if (!first) return nothing;
  const others = leftOut(store, left_out);
  return html`<details class="why" data-testid="why">
    <summary>
      ${icons.info(16)} <span><strong>${store.t.why.title}</strong> <span data-reason=${first.code}>${inWords(store, first)}</span></span>
    </summary>
    <ul>
      ${more.map((reason) => html`<li data-reason=${reason.code}>${inWords(store, reason)}</li>`)}
      ${others ? html`<li data-testid="left-out">${others}</li>` : nothing}
    </ul>
  </details>`;
}

export function inWords(store: DeskStore, reason: InvitationReason): string {
  const words = store.t.why;
  const { code, count } = reason;
  switch (code) {
    case "handover":
    case "overflow":
    case "group":
      return words[code](labelIn(store.language, reason.group_labels, reason.group ?? ""));
    case "relaxed_language":
    case "language":
      return words[code](reason.language ? languageName(reason.language, store.language) : "");
    case "relaxed_skill_levels":
    case "relaxed_skills":
    case "skills":
      return words[code](reason.skills.map(({ name, level }) => words.level(name, level)).join(", "));
    case "priority":
    case "low_priority":
    case "declined":
    case "asked_again":
      return words[code](count ?? 0);
    default:
      return words[code];
  }
}

function leftOut(store: DeskStore, counts: Readonly<Record<string, number>>): string {
  const words: Record<string, string | undefined> = store.t.why.leftOut;
  const list = Object.entries(counts)
    .map(([reason, n]) => `${words[reason] ?? reason} (${n})`)
    .join(", ");
  return list && store.t.why.others(list);
}
