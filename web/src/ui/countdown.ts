/** A ring that empties with the seconds. Drawn with SVG attributes: no inline style, so any CSP will do. */
import { html, type TemplateResult } from "lit";

const RADIUS = 20;
const ROUND = 2 * Math.PI * RADIUS;

export function ring(seconds: number, of: number): TemplateResult {
  const part = Math.max(0, Math.min(1, of > 0 ? seconds / of : 0));
  return html`<span class="ring" aria-hidden="true">
    <svg viewBox="0 0 48 48" width="48" height="48">
      <circle class="ring-track" cx="24" cy="24" r=${RADIUS} fill="none" stroke-width="4" />
      <circle
        class="ring-rest"
        cx="24"
        cy="24"
        r=${RADIUS}
        fill="none"
        stroke-width="4"
        stroke-linecap="round"
        stroke-dasharray=${ROUND}
        stroke-dashoffset=${ROUND * (1 - part)}
        transform="rotate(-90 24 24)"
      />
    </svg>
    <span class="ring-number">${seconds}</span>
  </span>`;
}
