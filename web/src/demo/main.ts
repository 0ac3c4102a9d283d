/** The demonstration shop: a page like any other site's, which knows nothing of the widget but its script tag. */
import "@fontsource-variable/fraunces/opsz.css";
import "@fontsource-variable/instrument-sans/wght.css";
import { html, render } from "lit";
import { lamp, lampNames, room } from "./lamps";
import { texts } from "./texts";

const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "fr";
const t = texts[language];
document.documentElement.lang = language;

const page = html`
  <header class="top">
    <a class="logo" href="#top"><span class="logo-mark" aria-hidden="true"></span>La Maison des Lampes</a>
    <nav aria-label="Menu">
      <a href="#collection">${t.nav[0]}</a><a href="#atelier">${t.nav[1]}</a><a href="#conseils">${t.nav[2]}</a>
    </nav>
    <a class="language" href=${language === "fr" ? "?lang=en" : "?lang=fr"} lang=${t.otherLang} hreflang=${t.otherLang}>
      ${t.other}
    </a>
  </header>
  <main id="top">
    <section class="hero">
      <div class="hero-text">
        <p class="eyebrow">${t.eyebrow}</p>
        <h1>${t.title}</h1>
        <p class="lead">${t.lead}</p>
        <p class="hero-links"><a class="solid" href="#collection">${t.cta}</a></p>
      </div>
      <div class="hero-art">${room()}</div>
    </section>
    <ul class="facts" id="atelier">
      ${t.facts.map(([strong, text]) => html`<li><strong>${strong}</strong> ${text}</li>`)}
    </ul>
    <section id="collection">
      <div class="section-head">
        <h2>${t.collection}</h2>
        <p>${t.collectionLead}</p>
      </div>
      <ul class="lamps">
        ${lampNames.map((id) => {
          const [name, what, price] = t.lamps[id];
          return html`<li class="lamp">
            <div class="lamp-art">${lamp(id)}</div>
            <h3>${name}</h3>
            <p>${what}</p>
            <p class="price">${price}</p>
          </li>`;
        })}
      </ul>
    </section>
    <section class="advice" id="conseils">
      <h2>${t.adviceTitle}</h2>
      <p>${t.adviceText}</p>
    </section>
  </main>
  <footer>${t.footer}</footer>
`;

const root = document.getElementById("page");
if (root) render(page, root);
