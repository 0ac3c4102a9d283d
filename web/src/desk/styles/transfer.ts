import { css } from "lit";

export const transferStyles = css`
  .wide-dialog {
    inline-size: min(520px, calc(100vw - 24px));
    max-block-size: calc(100dvh - 32px);
    overflow-y: auto;
  }
  .choices {
    display: flex;
    flex-direction: column;
    gap: var(--s1);
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .choices legend {
    margin-block-end: var(--s1);
    padding: 0;
    font-weight: 600;
    font-size: 14px;
  }
  .choice-none {
    color: var(--ink-2);
    font-size: 14px;
  }
  .form .choice {
    display: flex;
    flex-direction: row;
    align-items: center;
    gap: var(--s3);
    min-block-size: 52px;
    padding: var(--s2) var(--s3);
    border-radius: var(--r2);
    box-shadow: inset 0 0 0 1.5px var(--line);
    font-weight: 400;
    cursor: pointer;
  }
  .form .choice:hover {
    background: var(--sunken);
  }
  .form .choice:has(:checked) {
    background: var(--brand-soft);
    box-shadow: inset 0 0 0 2px var(--brand-text);
  }
  .form .choice:has(:disabled) {
    background: none;
    color: var(--ink-3);
    cursor: not-allowed;
  }
  .form .choice input {
    flex: none;
    min-block-size: 0;
    inline-size: 24px;
    block-size: 24px;
    margin: 0;
    accent-color: var(--brand);
  }
  .choice-picture {
    color: var(--ink-3);
  }
  .choice.ready .choice-picture {
    color: var(--ok);
  }
  .choice-words {
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .choice-words span {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .invitation-from {
    display: flex;
    align-items: center;
    gap: 6px;
    margin-block-start: var(--s3);
    font-weight: 600;
  }
`;
