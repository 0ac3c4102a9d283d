/** The agent's own matters: language, sound, password, leaving. */
import { html, nothing, type TemplateResult } from "lit";
import type { UiLanguage } from "../../i18n/language";
import * as icons from "../../ui/icons";
import { modal } from "../../ui/modal";
import { initial } from "../../ui/text";
import type { DeskStore } from "../store";
import { THEMES } from "../theme";

const LANGUAGES: Array<[UiLanguage, string]> = [
  ["fr", "Français"],
  ["en", "English"],
];

export function languageSwitch(store: DeskStore): TemplateResult {
  return html`<div class="languages" role="group" aria-label=${store.t.language}>
    ${LANGUAGES.map(
      ([code, name]) =>
        html`<button
          lang=${code}
          aria-pressed=${String(store.language === code)}
          data-testid="language-${code}"
          @click=${() => store.speak(code)}
        >
          ${name}
        </button>`,
    )}
  </div>`;
}

export function account(store: DeskStore): TemplateResult | typeof nothing {
  const { t, agent } = store;
  if (!agent) return nothing;
  return html`<details class="account" @toggle=${closeOutside}>
    <summary aria-label="${t.account}: ${agent.name}" data-testid="account">
      <span class="avatar small-plus" aria-hidden="true">${initial(agent.name)}</span>
      <span class="account-name">${agent.name}</span> ${icons.chevron(16)}
    </summary>
    <div class="menu">
      <p class="menu-who"><strong>${agent.name}</strong><span>${agent.email}</span></p>
      <button
        class="menu-item"
        role="switch"
        aria-checked=${String(store.attention.sound)}
        data-testid="sound"
        @click=${() => store.setSound(!store.attention.sound)}
      >
        ${store.attention.sound ? icons.bell() : icons.bellOff()} <span>${t.sound}</span>
        <span class="switch-track" aria-hidden="true"></span>
      </button>
      ${
        store.attention.permission === "unsupported"
          ? nothing
          : html`<button
            class="menu-item"
            role="switch"
            aria-checked=${String(store.attention.notify)}
            data-testid="notify"
            @click=${() => store.setNotify(!store.attention.notify)}
          >
            ${icons.info()} <span>${t.notify.title}</span>
            <span class="switch-track" aria-hidden="true"></span>
          </button>`
      }
      ${languageSwitch(store)}
      <div class="languages" role="group" aria-label=${t.theme.title}>
        ${THEMES.map(
          (theme) =>
            html`<button
              aria-pressed=${String(store.theme === theme)}
              data-testid="theme-${theme}"
              @click=${() => store.setTheme(theme)}
            >
              ${t.theme[theme]}
            </button>`,
        )}
      </div>
      <button class="menu-item" data-testid="show-shortcuts" @click=${() => store.show("shortcuts")}>
        ${icons.computer()} <span>${t.keys.title}</span>
      </button>
      <button class="menu-item" data-testid="change-password" @click=${() => store.show("password")}>
        ${icons.shield()} <span>${t.changePassword}</span>
      </button>
      <button class="menu-item" data-testid="sign-out" @click=${() => store.logout()}>
        ${icons.leave()} <span>${t.signOut}</span>
      </button>
    </div>
  </details>`;
}

/** A menu closes when one clicks elsewhere; <details> does not do that by itself. */
export function closeOutside(event: Event): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (!details.open) return;
  const close = (click: Event) => {
    if (click.type === "keydown" && (click as KeyboardEvent).key !== "Escape") return;
    if (click.type === "pointerdown" && click.composedPath().includes(details)) return;
    details.open = false;
    document.removeEventListener("pointerdown", close);
    document.removeEventListener("keydown", close);
  };
  document.addEventListener("pointerdown", close);
  document.addEventListener("keydown", close);
}

export function passwordDialog(store: DeskStore): TemplateResult {
  const { t } = store;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    if (await store.changePassword(String(form.get("current")), String(form.get("next")))) {
      store.show(null);
      return;
    }
    const field = element.querySelector<HTMLInputElement>("[name=current]");
    field?.setCustomValidity(t.passwordRefused);
    field?.reportValidity();
  };
  const clear = (event: Event) => (event.currentTarget as HTMLInputElement).setCustomValidity("");
  return html`<dialog class="dialog" aria-labelledby="password-title" @close=${() => store.show(null)} ${modal()}>
    <h2 id="password-title">${t.changePassword}</h2>
    <form class="form" @submit=${submit}>
      <label>
        ${t.currentPassword}
        <input name="current" type="password" required autocomplete="current-password" @input=${clear} />
      </label>
      <label>
        ${t.newPassword}
        <input
          name="next"
          type="password"
          required
          minlength="10"
          maxlength="256"
          autocomplete="new-password"
          aria-describedby="password-rule"
        />
      </label>
      <p id="password-rule" class="hint">${t.passwordRule}</p>
      <div class="dialog-buttons">
        <button class="button quiet" type="button" @click=${() => store.show(null)}>${t.cancel}</button>
        <button class="button brand" type="submit">${t.save}</button>
      </div>
    </form>
  </dialog>`;
}
