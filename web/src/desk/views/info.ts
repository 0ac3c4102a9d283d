/** What is known about the visitor, and why the conversation went the way it did. */
import { html, nothing, type TemplateResult } from "lit";
import type { AgentConversation } from "../../api/model";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";
import "../why-view";
import { earlier } from "./earlier";
import { shortPage, verdict } from "./invitation";
import { languageName } from "./language";

export function info(store: DeskStore, c: AgentConversation): TemplateResult {
  const { t } = store;
  const { visitor, call } = c;
  const facts: Array<[string, string | TemplateResult | null]> = [
    [t.languageOf, languageName(visitor.language, store.language)],
    [t.device, visitor.device === "mobile" ? t.mobile : t.desktop],
    [t.videoCapable, visitor.can_video ? t.yes : t.no],
    [t.page, visitor.page_url ? pageLink(visitor.page_url) : null],
    [t.site, c.site_name],
    [t.group, store.labelOf(c)],
    [t.camera, call ? t.cameraPolicy[call.camera_policy] : null],
  ];
  const slots = Object.entries(c.slots);
  return html`<aside class="info" aria-label=${t.info} data-testid="info">
    <button class="icon-button info-close" aria-label=${t.close} @click=${() => store.toggleInfo()}>
      ${icons.close()}
    </button>
    ${c.summary ? block(t.summary, html`<p class="summary">${c.summary}</p>`) : nothing}
    ${slots.length > 0 ? block(t.details, definitions(slots)) : nothing}
    ${c.escalation ? block(t.escalation, verdict(t, c.escalation, t.cardAskedVideo, t.cardAskedChat)) : nothing}
    ${block(
      t.about,
      definitions(facts.filter((fact): fact is [string, string | TemplateResult] => Boolean(fact[1]))),
    )}
    ${earlier(store, c.id)}
    <visavis-why .base=${store.base} .conversation=${c.id} .stamp=${`${c.version} ${store.lines(c.id).length}`} .language=${store.language}></visavis-why>
  </aside>`;
}

function block(title: string, content: TemplateResult): TemplateResult {
  return html`<section class="info-block"><h3>${title}</h3>${content}</section>`;
}

function definitions(entries: Array<[string, string | TemplateResult]>): TemplateResult {
  return html`<dl>${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function pageLink(url: string): TemplateResult | string {
  if (!/^https?:\/\//.test(url)) return url;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${shortPage(url)}</a>`;
}
