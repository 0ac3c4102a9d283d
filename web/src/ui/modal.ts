/** A Lit directive that opens the <dialog> it stands on as a modal one: focus trap, Escape and backdrop included. */
import { noChange } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";

class ModalDirective extends Directive {
  render(): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart): typeof noChange {
    const dialog = part.element as HTMLDialogElement;
    // Rendered before it is connected; showing it has to wait for that.
    queueMicrotask(() => {
      if (dialog.isConnected && !dialog.open) dialog.showModal();
    });
    return noChange;
  }
}

export const modal = directive(ModalDirective);
