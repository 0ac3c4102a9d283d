import { css } from "lit";

export const inboxStyles = css`
  .tag.open {
    background: var(--accent-soft);
    color: var(--accent-text);
  }
  .tag.sending {
    background: var(--warn-soft);
    color: var(--warn-text);
  }
  .list-wait,
  .list-trouble {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: var(--s3);
    padding-inline: var(--s2);
    color: var(--ink-2);
    font-size: 14px;
  }
  .list-wait {
    flex-direction: row;
    align-items: center;
  }
  .list > .button {
    margin-block-start: var(--s2);
    align-self: center;
    flex: none;
  }
  .left-body {
    flex: 1 1 0;
    min-block-size: 0;
    overflow-y: auto;
    padding: var(--s5) max(var(--s4), calc(50% - 360px));
  }
  .left-facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(150px, 100%), 1fr));
    gap: var(--s3) var(--s4);
  }
  .left-facts dt {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .left-facts dd {
    font-weight: 500;
    font-size: 14px;
    overflow-wrap: anywhere;
  }
  .left-words {
    margin-block-start: var(--s4);
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1px var(--line),
      var(--shadow-1);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .left-words.erased {
    color: var(--ink-2);
    font-style: italic;
  }
  .left-words.answer {
    margin-block-start: var(--s2);
    background: var(--sunken);
    box-shadow: none;
  }
  .left-note {
    display: flex;
    align-items: center;
    gap: var(--s3);
    margin-block-start: var(--s4);
    padding: var(--s2) var(--s4);
    border-radius: var(--r3);
    background: var(--brand-soft);
    color: var(--brand-text);
    font-size: 14px;
  }
  .left-note.trouble {
    background: var(--warn-soft);
    color: var(--warn-text);
  }
  .small-spinner {
    inline-size: 18px;
    block-size: 18px;
  }
  .left-answer {
    margin-block-start: var(--s4);
  }
  .left-answer h3 {
    font-size: var(--text-l);
    margin-block-start: var(--s4);
  }
  .left-answer .form h3 {
    margin-block: 0;
  }
  .left-answer .form {
    gap: var(--s3);
    padding-block-start: var(--s4);
    border-block-start: 1px solid var(--line);
  }
  .left-answer .form .button {
    align-self: flex-start;
  }
  .left-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
  }
  .hint-line {
    margin-block-start: var(--s4);
    color: var(--ink-2);
    font-size: 14px;
  }
  .form textarea,
  .form select {
    inline-size: 100%;
    min-block-size: 48px;
    padding: var(--s3) var(--s4);
    border: 1.5px solid var(--line-strong);
    border-radius: var(--r2);
    background: var(--surface);
    font-size: 16px;
    font-weight: 400;
  }
  .form textarea {
    max-block-size: 40vh;
    line-height: 1.45;
    resize: vertical;
  }
  @media (max-width: 760px) {
    .left .pane-sub {
      display: none;
    }
    .left-buttons .button {
      flex: 1 1 auto;
    }
  }
`;
