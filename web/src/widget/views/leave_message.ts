/** A message for when nobody can answer now: an address, a name if one likes, and a few words. */
import { html, nothing, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import type { WidgetStore } from "../store";

export function leaveMessage(store: WidgetStore): TemplateResult | typeof nothing {
  const { conversation, leaving, t } = store;
  if (!leaving || !conversation?.can.leave_message) return nothing;
  const submit = (event: Event) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const said = (name: string) => String(fields.get(name) ?? "").trim();
    void store.leaveMessage({ email: said("email"), name: said("name"), text: said("text") });
  };
  return html`<form class="leave-message" data-testid="leave-message-form" @submit=${submit}>
    <h3 id="leave-title">${t.leaveTitle}</h3>
    <p>${t.leaveText}</p>
    <label>
      <span>${t.leaveEmail}</span>
      <input name="email" type="email" required maxlength="254" autocomplete="email" data-testid="leave-email" />
    </label>
    <label>
      <span>${t.leaveName}</span>
      <input name="name" type="text" maxlength="80" autocomplete="name" data-testid="leave-name" />
    </label>
    <label>
      <span>${t.leaveWords}</span>
      <textarea name="text" rows="3" required maxlength="4000" data-testid="leave-text"></textarea>
    </label>
    <div class="leave-buttons">
      <button class="button primary small" type="submit" data-testid="leave-send" ?disabled=${leaving === "sending"}>
        ${icons.send(18)} ${leaving === "sending" ? t.sending : t.leaveSend}
      </button>
      <button class="button quiet small" type="button" data-testid="leave-cancel" @click=${() => store.openLeaving(false)}>${t.cancel}</button>
    </div>
  </form>`;
}
