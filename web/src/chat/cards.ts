/** What a connected bot shows beside words: things to read, products' offers, files. */
import { html, nothing, type TemplateResult } from "lit";
import type { Content } from "../api/model";
import * as icons from "../ui/icons";
import { linked, pictureUrl } from "../ui/text";
import type { LineTexts } from "./lines";

type Cards = Extract<Content, { type: "cards" }>;
type File = Extract<Content, { type: "file" }>;
type Card = Cards["cards"][number];

/** One card as it is; several side by side, to be scrolled through by hand, wheel or keyboard. */
export function shownCards(content: Cards, texts: LineTexts, base: string): TemplateResult | typeof nothing {
  const [only] = content.cards;
  if (!only) return nothing;
  if (content.cards.length === 1)
    return html`<div class="shown-card alone">${inside(only, texts, base)}</div>`;
  return html`<ul class="shown-cards" data-sideways tabindex="0" aria-label=${texts.cards}>
    ${content.cards.map((card) => html`<li class="shown-card">${inside(card, texts, base)}</li>`)}
  </ul>`;
}

export function downloadable(file: File, texts: LineTexts, base: string): TemplateResult | typeof nothing {
  const url = pictureUrl(file.url, base);
  if (!url) return nothing;
  return html`<a class="file" href=${url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
    ${icons.download(18)} <span class="visually-hidden">${texts.file}</span> <span>${file.name}</span>
  </a>`;
}

function inside(card: Card, texts: LineTexts, base: string): TemplateResult {
  const image = pictureUrl(card.image_url, base);
  const prices = card.price || card.offer_price;
  return html`${
    image
      ? html`<img src=${image} alt=${card.image_alt ?? ""} loading="lazy" referrerpolicy="no-referrer" />`
      : nothing
  }
    <div class="shown-body" dir="auto">
      ${card.title ? html`<p class="shown-title">${card.title}</p>` : nothing}
      ${card.text ? html`<p class="card-text">${linked(card.text)}</p>` : nothing}
      ${prices ? priced(card, texts) : nothing}
      ${card.availability ? html`<p class="shown-state">${card.availability}</p>` : nothing}
      ${(card.links ?? []).map((link) => action(link, base))}
    </div>`;
}

function priced(card: Card, texts: LineTexts): TemplateResult {
  const now = card.offer_price ?? card.price;
  return html`<p class="shown-price">
    <span class="visually-hidden">${texts.price}</span> <strong>${now}</strong>
    ${
      card.offer_price && card.price
        ? html`<span class="visually-hidden">${texts.formerPrice}</span> <s>${card.price}</s>`
        : nothing
    }
  </p>`;
}

function action(link: { title: string; url: string }, base: string): TemplateResult | typeof nothing {
  const url = pictureUrl(link.url, base);
  if (!url) return nothing;
  return html`<a class="shown-link" href=${url} target="_blank" rel="noopener noreferrer nofollow"
    >${link.title}</a
  >`;
}
