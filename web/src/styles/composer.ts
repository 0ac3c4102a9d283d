import { css } from "lit";

export const composerStyles = css`
  .composer {
    display: flex;
    align-items: flex-end;
    gap: var(--s2);
    margin: 0 var(--s3) var(--s3);
    padding: 6px;
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1.5px var(--line-strong),
      var(--shadow-1);
    transition: box-shadow 0.15s;
  }
  .composer:focus-within {
    box-shadow: inset 0 0 0 2.5px var(--focus);
  }
  .composer textarea {
    flex: 1;
    min-inline-size: 0;
    min-block-size: 40px;
    max-block-size: 132px;
    padding: 9px 10px;
    border: 0;
    background: none;
    resize: none;
    line-height: 22px;
    /* Below 16px iOS zooms the page when the field gets the focus. */
    font-size: 16px;
  }
  .composer textarea:focus-visible {
    outline: none;
  }
  .composer textarea::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
  .note-switch {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 40px;
    block-size: 40px;
    border-radius: 13px;
    color: var(--ink-2);
  }
  .note-switch:hover {
    background: var(--sunken);
  }
  .note-switch[aria-pressed="true"] {
    background: var(--warn-soft);
    color: var(--warn-text);
  }
  .composer.noting {
    background: var(--warn-soft);
  }
  .composer.noting .note-switch {
    background: var(--surface);
  }
  .composer.noting textarea::placeholder {
    color: var(--warn-text);
  }
  .send {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 40px;
    block-size: 40px;
    border-radius: 13px;
    background: var(--accent);
    color: var(--on-accent);
    transition: background-color 0.15s;
  }
  .send:hover {
    background: var(--accent-deep);
  }
`;
