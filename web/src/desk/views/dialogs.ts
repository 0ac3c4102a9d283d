/** "Are you sure" where an act cannot be undone. */
import { html, nothing, type TemplateResult } from "lit";
import { modal } from "../../ui/modal";
import type { DeskStore } from "../store";
import { passwordDialog } from "./account";
import { assignDialog, readDialog, requeueDialog } from "./board_dialogs";
import { shortcutsDialog } from "./shortcuts";
import { transferDialog } from "./transfer";

export function dialogs(store: DeskStore): TemplateResult | typeof nothing {
  const { t, call, selected, inbox } = store;
  switch (store.dialog) {
    case "password":
      return passwordDialog(store);
    case "hang-up":
      return confirm(store, t.hangUpTitle, t.hangUpText, t.hangUp, () => {
        if (call.conversationId) void store.act(call.conversationId, "video/hang-up");
      });
    case "close":
      return confirm(store, t.closeTitle, t.closeText, t.closeConfirm, () => {
        if (selected) void store.act(selected, "close");
      });
    case "transfer":
      return transferDialog(store);
    case "dismiss":
      return confirm(store, t.inbox.dismissTitle, t.inbox.dismissText, t.inbox.dismissConfirm, () => {
        if (inbox.current) void inbox.change(inbox.current, "dismiss");
      });
    case "assign":
      return assignDialog(store);
    case "requeue":
      return requeueDialog(store);
    case "read":
      return readDialog(store);
    case "shortcuts":
      return shortcutsDialog(store);
    case null:
      return nothing;
  }
}

function confirm(
  store: DeskStore,
  title: string,
  text: string,
  yes: string,
  act: () => void,
): TemplateResult {
  return html`<dialog
    class="dialog"
    role="alertdialog"
    aria-labelledby="confirm-title"
    aria-describedby="confirm-text"
    @close=${() => store.show(null)}
    ${modal()}
  >
    <h2 id="confirm-title">${title}</h2>
    <p id="confirm-text">${text}</p>
    <div class="dialog-buttons">
      <button class="button quiet" data-testid="cancel" @click=${() => store.show(null)}>${store.t.cancel}</button>
      <button
        class="button danger"
        data-testid="confirm"
        @click=${() => {
          store.show(null);
          act();
        }}
      >
        ${yes}
      </button>
    </div>
  </dialog>`;
}
