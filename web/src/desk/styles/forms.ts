import { css } from "lit";

export const formStyles = css`
  .form {
    display: flex;
    flex-direction: column;
    gap: var(--s4);
    margin-block-start: var(--s5);
  }
  .form label {
    display: flex;
    flex-direction: column;
    gap: 6px;
    font-weight: 600;
    font-size: 14px;
  }
  .form input {
    min-block-size: 48px;
    padding: var(--s2) var(--s4);
    border: 1.5px solid var(--line-strong);
    border-radius: var(--r2);
    background: var(--surface);
    font-size: 16px;
    font-weight: 400;
  }
  .form input[aria-invalid="true"] {
    border-color: var(--danger-text);
  }
  .hint {
    margin-block-start: calc(-1 * var(--s2));
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .problem {
    display: flex;
    align-items: center;
    gap: var(--s2);
    color: var(--danger-text);
    font-weight: 500;
  }
  .problem:not(:has(span)) {
    display: none;
  }
  .wide {
    inline-size: 100%;
    min-block-size: 50px;
  }
  .button.small {
    min-block-size: 40px;
    padding: 6px 16px;
    font-size: 14px;
    white-space: nowrap;
  }
  .dialog {
    inline-size: min(420px, calc(100vw - 32px));
    margin: auto;
    padding: var(--s5);
    border: 0;
    border-radius: var(--r4);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow-3);
  }
  .dialog::backdrop {
    background: rgb(25 20 15 / 0.5);
    backdrop-filter: blur(3px);
  }
  .dialog h2 {
    font-size: var(--text-xl);
  }
  .dialog > p {
    margin-block-start: var(--s2);
    color: var(--ink-2);
  }
  .dialog-buttons {
    display: flex;
    gap: var(--s2);
    margin-block-start: var(--s5);
  }
  .form .dialog-buttons {
    margin-block-start: var(--s2);
  }
  .dialog-buttons .button {
    flex: 1;
  }

  .switch,
  .menu-item {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    min-block-size: 40px;
    font-weight: 600;
    font-size: 14px;
  }
  .switch-track {
    position: relative;
    flex: none;
    inline-size: 38px;
    block-size: 22px;
    border-radius: var(--round);
    background: rgb(128 128 128 / 0.55);
    transition: background-color 0.2s;
  }
  .switch-track::after {
    content: "";
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: 3px;
    inline-size: 16px;
    block-size: 16px;
    border-radius: 50%;
    background: #fff;
    box-shadow: 0 1px 2px rgb(0 0 0 / 0.3);
    transition: translate 0.2s var(--ease);
  }
  [aria-checked="true"] > .switch-track {
    background: #2f9e6c;
  }
  [aria-checked="true"] > .switch-track::after {
    translate: 16px 0;
  }
  .shortcuts-dialog {
    inline-size: min(560px, calc(100vw - 32px));
    max-block-size: calc(100dvh - 48px);
    overflow-y: auto;
    outline: 0;
  }
  .keys {
    display: flex;
    flex-direction: column;
    margin-block-start: var(--s4);
  }
  .keys > div {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 4px var(--s4);
    padding-block: 6px;
    border-block-end: 1px solid var(--line);
  }
  .keys dt {
    order: 1;
    color: var(--ink-2);
    font-size: var(--text-s);
    white-space: nowrap;
  }
  .keys dd {
    margin: 0;
  }
  kbd {
    display: inline-block;
    min-inline-size: 24px;
    padding: 1px 6px;
    border: 1px solid var(--line-strong);
    border-block-end-width: 2px;
    border-radius: 6px;
    background: var(--sunken);
    color: var(--ink);
    font: inherit;
    font-size: var(--text-xs);
    text-align: center;
  }
  .languages {
    display: inline-flex;
    gap: 2px;
    padding: 3px;
    border-radius: var(--round);
    background: var(--sunken);
  }
  .languages button {
    min-block-size: 32px;
    padding: 3px 14px;
    border-radius: var(--round);
    color: var(--ink-2);
    font-size: var(--text-s);
    font-weight: 600;
  }
  .languages [aria-pressed="true"] {
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow-1);
  }
`;
