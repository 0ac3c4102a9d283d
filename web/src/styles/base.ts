/** What every page shares: reset, text, focus, buttons. */
import { css } from "lit";

export const base = css`
  :host {
    font: 400 var(--text-m) / 1.5 var(--font);
    color: var(--ink);
    text-align: start;
    -webkit-font-smoothing: antialiased;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1,
  h2,
  h3 {
    font-family: var(--font-display);
    font-weight: 600;
    line-height: 1.25;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  button,
  input,
  textarea,
  select {
    font: inherit;
    color: inherit;
    margin: 0;
  }
  button {
    cursor: pointer;
    border: 0;
    background: none;
    padding: 0;
    touch-action: manipulation;
  }
  button:disabled,
  button[aria-disabled="true"] {
    cursor: not-allowed;
  }
  svg {
    display: block;
    flex: none;
  }
  a {
    color: inherit;
    text-underline-offset: 2px;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2.5px solid var(--focus);
    outline-offset: 2px;
  }
  .dark-ground :focus-visible {
    outline-color: #fff;
  }
  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  [hidden] {
    display: none !important;
  }

  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--s2);
    min-block-size: 44px;
    padding: var(--s2) 18px;
    border-radius: var(--round);
    font-weight: 600;
    line-height: 1.2;
    text-align: center;
    text-decoration: none;
    transition:
      background-color 0.15s,
      border-color 0.15s,
      transform 0.15s var(--ease);
  }
  .button:active:not(:disabled) {
    transform: scale(0.98);
  }
  .button:disabled {
    opacity: 0.55;
  }
  .primary {
    background: var(--accent);
    color: var(--on-accent);
  }
  .primary:hover:not(:disabled) {
    background: var(--accent-deep);
  }
  .brand {
    background: var(--brand);
    color: var(--on-brand);
  }
  .brand:hover:not(:disabled) {
    background: var(--brand-deep);
  }
  .danger {
    background: var(--danger);
    color: #fff;
  }
  .danger:hover:not(:disabled) {
    background: var(--danger-deep);
  }
  .quiet {
    background: var(--surface);
    color: var(--ink);
    box-shadow: inset 0 0 0 1.5px var(--line-strong);
  }
  .quiet:hover:not(:disabled) {
    background: var(--sunken);
  }
  .plain {
    color: var(--ink-2);
    text-decoration: underline;
    text-decoration-color: transparent;
    padding-inline: var(--s3);
  }
  .plain:hover:not(:disabled) {
    text-decoration-color: currentcolor;
  }
  .icon-button {
    display: inline-grid;
    place-items: center;
    inline-size: 40px;
    block-size: 40px;
    border-radius: var(--round);
    flex: none;
    transition: background-color 0.15s;
  }
  .icon-button:hover:not(:disabled) {
    background: rgb(128 128 128 / 0.16);
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
      scroll-behavior: auto !important;
    }
  }
`;
