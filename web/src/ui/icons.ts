/** The icons: drawn here, on a 24 grid, with the stroke of the text beside them. All are decoration. */
import { html, type SVGTemplateResult, svg, type TemplateResult } from "lit";

function icon(content: SVGTemplateResult, size: number): TemplateResult {
  return html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.9"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${content}
  </svg>`;
}

/** Two faces in conversation: the mark. */
export const mark = (size = 24) =>
  icon(
    svg`<path d="M6.2 3.6h6.1a3.9 3.9 0 0 1 3.9 3.9v2.1a3.9 3.9 0 0 1-3.9 3.9H7.9l-3.7 3c-.5.4-1.1.1-1.1-.6V7.5a3.9 3.9 0 0 1 3.1-3.9z" fill="currentColor" stroke="none" opacity=".62"/><path d="M17.8 8.2h-4.9A3.9 3.9 0 0 0 9 12.1v2.1a3.9 3.9 0 0 0 3.9 3.9h3.2l3.7 3c.5.4 1.1.1 1.1-.6v-8.4a3.9 3.9 0 0 0-3.1-3.9z" fill="currentColor" stroke="var(--brand)" stroke-width="1.5"/>`,
    size,
  );
export const chat = (size = 20) =>
  icon(
    svg`<path d="M20 11.5a7.5 7.5 0 0 1-10.9 6.7L4.5 19.5l1.3-4.3A7.5 7.5 0 1 1 20 11.5z"/><path d="M9.2 11.5h.01M12.5 11.5h.01M15.8 11.5h.01" stroke-width="2.4"/>`,
    size,
  );
export const video = (size = 20) =>
  icon(svg`<rect x="3" y="6.5" width="12" height="11" rx="3"/><path d="m15 11 5.2-3.1v8.2L15 13"/>`, size);
export const videoOff = (size = 20) =>
  icon(
    svg`<path d="M9.5 6.5H12a3 3 0 0 1 3 3V11l5.2-3.1v8.2L17 14.2M14.7 15.6A3 3 0 0 1 12 17.5H6a3 3 0 0 1-3-3v-5a3 3 0 0 1 2.4-2.9M3.5 3.5l17 17"/>`,
    size,
  );
export const mic = (size = 20) =>
  icon(
    svg`<rect x="9" y="3.5" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v2.5"/>`,
    size,
  );
export const micOff = (size = 20) =>
  icon(
    svg`<path d="M15 10.5v-4a3 3 0 0 0-5.8-1M9 9v2.5a3 3 0 0 0 4.4 2.7M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5c0 .9-.2 1.7-.5 2.5M12 18v2.5M3.5 3.5l17 17"/>`,
    size,
  );
export const hangUp = (size = 20) =>
  icon(
    svg`<path d="M21.6 14.2C19.3 10.6 15.9 8.9 12 8.9s-7.3 1.7-9.6 5.3c-.4.6-.3 1.3.2 1.8l1.9 1.9c.5.5 1.3.6 1.9.2l2.2-1.5c.5-.3.8-.9.7-1.5l-.2-1.6c1.9-.6 3.9-.6 5.8 0l-.2 1.6c-.1.6.2 1.2.7 1.5l2.2 1.5c.6.4 1.4.3 1.9-.2l1.9-1.9c.5-.5.6-1.2.2-1.8z" fill="currentColor" stroke="none"/>`,
    size,
  );
export const send = (size = 20) =>
  icon(svg`<path d="M12 19.5v-14M5.8 11.4 12 5.2l6.2 6.2" stroke-width="2.2"/>`, size);
export const close = (size = 20) => icon(svg`<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>`, size);
export const chevron = (size = 20) => icon(svg`<path d="m6 9.5 6 6 6-6"/>`, size);
export const back = (size = 20) => icon(svg`<path d="m14.5 6-6 6 6 6"/>`, size);
export const leave = (size = 20) =>
  icon(
    svg`<path d="M13.5 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h6.5M10.5 12H20M16.8 8.8 20 12l-3.2 3.2"/>`,
    size,
  );
export const person = (size = 20) =>
  icon(
    svg`<circle cx="12" cy="8.2" r="3.7"/><path d="M4.8 19.6c1-3.4 3.8-5.1 7.2-5.1s6.2 1.7 7.2 5.1"/>`,
    size,
  );
export const mail = (size = 20) =>
  icon(svg`<rect x="3.5" y="5.5" width="17" height="13" rx="3"/><path d="m4.5 8 7.5 5 7.5-5"/>`, size);
export const spark = (size = 20) =>
  icon(
    svg`<path d="M12 3.8c.7 4.4 2.2 6.9 8 8.2-5.8 1.3-7.3 3.8-8 8.2-.7-4.4-2.2-6.9-8-8.2 5.8-1.3 7.3-3.8 8-8.2z" fill="currentColor" stroke="none"/>`,
    size,
  );
export const shield = (size = 20) =>
  icon(
    svg`<path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6z"/><path d="m9 11.8 2.2 2.2 4-4.2"/>`,
    size,
  );
export const retry = (size = 20) => icon(svg`<path d="M19 12a7 7 0 1 1-2.2-5.1M19.5 4v3.8h-3.8"/>`, size);
export const alert = (size = 20) =>
  icon(svg`<path d="M12 4.2 2.9 19.5h18.2zM12 10v4"/><path d="M12 16.8h.01" stroke-width="2.4"/>`, size);
export const info = (size = 20) =>
  icon(
    svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5"/><path d="M12 8h.01" stroke-width="2.4"/>`,
    size,
  );
export const bell = (size = 20) =>
  icon(svg`<path d="M6.5 16.5v-6a5.5 5.5 0 1 1 11 0v6l1.5 1.5H5zM10 20.5h4"/>`, size);
export const bellOff = (size = 20) =>
  icon(svg`<path d="M17.5 13v-2.5A5.5 5.5 0 0 0 8.6 6M6.5 9.5v7L5 18h12.5M10 20.5h4M3.5 3.5l17 17"/>`, size);
export const sound = (size = 20) =>
  icon(
    svg`<path d="M4 9.8v4.4h3.2l4.3 3.6V6.2L7.2 9.8zM15 9.2a4 4 0 0 1 0 5.6M17.5 6.8a7.4 7.4 0 0 1 0 10.4"/>`,
    size,
  );
export const check = (size = 20) => icon(svg`<path d="m5.5 12.5 4.2 4.2 8.8-9.2"/>`, size);
export const globe = (size = 20) =>
  icon(
    svg`<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c5 5.4 5 11.6 0 17-5-5.4-5-11.6 0-17z"/>`,
    size,
  );
export const phone = (size = 20) =>
  icon(svg`<rect x="7" y="3.5" width="10" height="17" rx="2.5"/><path d="M11 17.5h2"/>`, size);
export const computer = (size = 20) =>
  icon(svg`<rect x="3.5" y="5" width="17" height="11" rx="2"/><path d="M9 19.5h6M12 16v3.5"/>`, size);
export const inbox = (size = 20) =>
  icon(
    svg`<path d="M4 13.5 6.2 6a2 2 0 0 1 1.9-1.5h7.8A2 2 0 0 1 17.8 6l2.2 7.5v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"/><path d="M4 13.5h4.5a3.5 3.5 0 0 0 7 0H20"/>`,
    size,
  );
export const board = (size = 20) =>
  icon(svg`<path d="M4.5 19.5h15M7 16v-4M12 16V5.5M17 16V9" stroke-width="2.2"/>`, size);
export const transfer = (size = 20) =>
  icon(svg`<path d="M4 8.5h14M14.5 5 18 8.5 14.5 12M20 15.5H6M9.5 12 6 15.5 9.5 19"/>`, size);
export const group = (size = 20) =>
  icon(
    svg`<circle cx="9" cy="9" r="3.2"/><path d="M3 18.6c.8-2.9 3.1-4.4 6-4.4s5.2 1.5 6 4.4M15.5 6.1a3.2 3.2 0 0 1 0 5.8M17.5 14.6c1.8.7 3 2 3.5 4"/>`,
    size,
  );
export const time = (size = 20) =>
  icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5v4.8l3.2 2"/>`, size);
export const download = (size = 20) =>
  icon(svg`<path d="M12 4v10.5m-4.2-4 4.2 4.2 4.2-4.2M5 19.5h14"/>`, size);
