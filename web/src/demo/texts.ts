/** The shop's own words. A fictitious house: no such lamps can be bought. */
import type { LampName } from "./lamps";

interface ShopTexts {
  nav: [string, string, string];
  eyebrow: string;
  title: string;
  lead: string;
  cta: string;
  ask: string;
  facts: Array<[string, string]>;
  collection: string;
  collectionLead: string;
  lamps: Record<LampName, [name: string, what: string, price: string]>;
  adviceTitle: string;
  adviceText: string;
  footer: string;
  other: string;
  otherLang: string;
  cart: string;
}

const fr: ShopTexts = {
  nav: ["Lampes", "L’atelier", "Conseils"],
  eyebrow: "Luminaires façonnés à la main depuis 1962",
  title: "La lumière juste, pièce après pièce.",
  lead: "Terre cuite, lin, laiton\u00a0: des lampes qui éclairent doucement et vieillissent bien.",
  cta: "Voir la collection",
  ask: "Demander conseil",
  facts: [
    ["48\u00a0h", "pour préparer votre commande"],
    ["10\u00a0ans", "de garantie sur les montures"],
    ["En vidéo", "un conseiller vous montre la lampe"],
  ],
  collection: "La collection d’automne",
  collectionLead: "Six formes simples, réparables, avec des ampoules que l’on trouve partout.",
  lamps: {
    aube: ["Aube", "Lampe de table, terre cuite et lin", "189\u00a0€"],
    meridien: ["Méridien", "Lampadaire arqué, laiton brossé", "420\u00a0€"],
    galet: ["Galet", "Lampe d’appoint, verre soufflé", "145\u00a0€"],
    atelier: ["Atelier", "Lampe articulée, acier émaillé", "230\u00a0€"],
    nuage: ["Nuage", "Suspension, papier washi", "165\u00a0€"],
    phare: ["Phare", "Lanterne nomade, 12\u00a0h d’autonomie", "98\u00a0€"],
  },
  adviceTitle: "Vous hésitez\u202f? Montrez-nous la pièce.",
  adviceText:
    "Nos conseillers répondent par écrit, puis passent en vidéo si vous le souhaitez\u00a0: ils allument la lampe devant vous.",
  footer: "Boutique de démonstration. Rien n’y est à vendre.",
  other: "English",
  otherLang: "en",
  cart: "Panier vide",
};

const en: ShopTexts = {
  nav: ["Lamps", "The workshop", "Advice"],
  eyebrow: "Lamps made by hand since 1962",
  title: "The right light, room after room.",
  lead: "Terracotta, linen, brass: lamps that shine softly and age well.",
  cta: "See the collection",
  ask: "Ask for advice",
  facts: [
    ["48\u00a0h", "to prepare your order"],
    ["10\u00a0years", "of warranty on the frames"],
    ["On video", "an adviser shows you the lamp"],
  ],
  collection: "The autumn collection",
  collectionLead: "Six simple shapes that can be repaired, with bulbs found everywhere.",
  lamps: {
    aube: ["Aube", "Table lamp, terracotta and linen", "€189"],
    meridien: ["Méridien", "Arc floor lamp, brushed brass", "€420"],
    galet: ["Galet", "Accent lamp, blown glass", "€145"],
    atelier: ["Atelier", "Articulated lamp, enamelled steel", "€230"],
    nuage: ["Nuage", "Pendant, washi paper", "€165"],
    phare: ["Phare", "Portable lantern, 12\u00a0h battery", "€98"],
  },
  adviceTitle: "Not sure? Show us the room.",
  adviceText:
    "Our advisers answer in writing, then go to video if you like: they switch the lamp on in front of you.",
  footer: "A demonstration shop. Nothing here is for sale.",
  other: "Français",
  otherLang: "fr",
  cart: "Empty cart",
};

export const texts = { fr, en };
export type { ShopTexts };
