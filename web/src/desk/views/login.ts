/** Signing in, and choosing a new password from a reset link. */
import { html, nothing, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { DeskStore } from "../store";
import { languageSwitch } from "./account";

export function login(store: DeskStore): TemplateResult {
  const { t } = store;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    void store.login(String(form.get("email")).trim(), String(form.get("password")));
  };
  return frame(
    store,
    html`<h1>${t.login}</h1>
      <p class="gate-lead">${t.loginLead}</p>
      <form class="form" @submit=${submit}>
        <label>
          ${t.email}
          <input
            name="email"
            type="email"
            required
            autocomplete="username"
            data-testid="login-email"
            aria-invalid=${store.problem ? "true" : "false"}
          />
        </label>
        <label>
          ${t.password}
          <input
            name="password"
            type="password"
            required
            autocomplete="current-password"
            data-testid="login-password"
            aria-invalid=${store.problem ? "true" : "false"}
          />
        </label>
        ${problem(store)}
        <button class="button primary wide" type="submit" data-testid="login-submit" ?disabled=${store.busy}>
          ${store.busy ? t.signingIn : t.signIn}
        </button>
      </form>`,
  );
}

export function reset(store: DeskStore, done: boolean, onDone: () => void): TemplateResult {
  const { t } = store;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (await store.reset(String(form.get("password")))) onDone();
  };
  return frame(
    store,
    done
      ? html`<h1>${t.resetTitle}</h1>
          <p class="gate-lead" role="status">${t.resetDone}</p>
          <a class="button primary wide" href="./">${t.toLogin}</a>`
      : html`<h1>${t.resetTitle}</h1>
          <p class="gate-lead">${t.resetLead}</p>
          <form class="form" @submit=${submit}>
            <label>
              ${t.newPassword}
              <input
                name="password"
                type="password"
                required
                minlength="10"
                maxlength="256"
                autocomplete="new-password"
                data-testid="reset-password"
                aria-describedby="rule"
              />
            </label>
            <p id="rule" class="hint">${t.passwordRule}</p>
            ${problem(store)}
            <button class="button primary wide" type="submit" data-testid="reset-submit">${t.save}</button>
          </form>`,
  );
}

function problem(store: DeskStore): TemplateResult {
  return html`<p class="problem" role="alert" data-testid="problem">
    ${store.problem ? html`${icons.alert(18)} <span>${store.problem}</span>` : nothing}
  </p>`;
}

function frame(store: DeskStore, content: TemplateResult): TemplateResult {
  return html`<main class="gate">
    <div class="gate-art" aria-hidden="true">${faces()}</div>
    <div class="gate-form">
      <p class="brand-line">${icons.mark(30)} Vis-à-vis</p>
      <div class="gate-box">${content}</div>
      ${languageSwitch(store)}
    </div>
  </main>`;
}

/** Two people, face to face. */
function faces(): TemplateResult {
  return html`<svg viewBox="0 0 640 800" preserveAspectRatio="xMidYMid slice">
    <rect width="640" height="800" fill="#15463e" />
    <circle cx="320" cy="400" r="330" fill="#1b544a" />
    <circle cx="320" cy="400" r="215" fill="#226357" />
    <path
      d="M0 800V170c60-64 190-70 236 26 16 34 14 62 10 84 22 34 44 58 44 76 0 12-16 16-26 18 4 16 8 26 0 36-4 6-8 8-8 14s6 10 4 18c-4 14-14 16-14 26 0 28 4 54-26 60-26 6-56-4-76-4-18 0-24 18-20 40 8 46 60 60 112 72 44 10 70 40 74 132z"
      fill="#f3b58f"
    />
    <path
      d="M640 800V170c-60-64-190-70-236 26-16 34-14 62-10 84-22 34-44 58-44 76 0 12 16 16 26 18-4 16-8 26 0 36 4 6 8 8 8 14s-6 10-4 18c4 14 14 16 14 26 0 28-4 54 26 60 26 6 56-4 76-4 18 0 24 18 20 40-8 46-60 60-112 72-44 10-70 40-74 132z"
      fill="#d9582a"
    />
    <circle cx="196" cy="300" r="10" fill="#15463e" />
    <circle cx="444" cy="300" r="10" fill="#15463e" />
  </svg>`;
}
