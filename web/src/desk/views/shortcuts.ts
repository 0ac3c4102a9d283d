/** The help sheet: which keys do what. */
import { html, type TemplateResult } from "lit";
import * as icons from "../../ui/icons";
import { modal } from "../../ui/modal";
import { SHORTCUTS } from "../shortcuts";
import type { DeskStore } from "../store";

export function shortcutsDialog(store: DeskStore): TemplateResult {
  const { t } = store;
  const shown = SHORTCUTS.filter(([name]) => name !== "board" || store.supervises);
  return html`<dialog
    class="dialog shortcuts-dialog"
    data-testid="shortcuts"
    aria-labelledby="shortcuts-title"
    tabindex="-1"
    autofocus
    @close=${() => store.show(null)}
    ${modal()}
  >
    <h2 id="shortcuts-title">${t.keys.title}</h2>
    <dl class="keys">
      ${shown.map(
        ([name, , key]) =>
          html`<div>
            <dt><kbd>Alt</kbd> + <kbd>${t.keys.shift}</kbd> + <kbd>${key}</kbd></dt>
            <dd>${t.keys.does[name]}</dd>
          </div>`,
      )}
      <div>
        <dt><kbd>${t.keys.enter}</kbd></dt>
        <dd>${t.keys.send}</dd>
      </div>
      <div>
        <dt><kbd>${t.keys.shift}</kbd> + <kbd>${t.keys.enter}</kbd></dt>
        <dd>${t.keys.newLine}</dd>
      </div>
    </dl>
    <div class="dialog-buttons">
      <button class="button brand" data-testid="shortcuts-close" @click=${() => store.show(null)}>
        ${icons.check(18)} ${t.close}
      </button>
    </div>
  </dialog>`;
}
