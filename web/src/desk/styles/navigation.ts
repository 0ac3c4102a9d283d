import { css } from "lit";

export const navigationStyles = css`
  .parts {
    grid-area: parts;
    display: flex;
    flex-direction: column;
    gap: var(--s1);
    inline-size: 92px;
    padding: var(--s3) var(--s2);
    border-inline-end: 1px solid var(--line);
    background: var(--surface);
  }
  .part {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: var(--s1);
    min-block-size: 62px;
    border-radius: var(--r2);
    color: var(--ink-2);
    font-size: var(--text-xs);
    font-weight: 600;
    transition: background-color 0.15s;
  }
  .part:hover {
    background: var(--sunken);
  }
  .part.here {
    background: var(--brand-soft);
    color: var(--brand-text);
  }
  .part-picture {
    position: relative;
  }
  .part-count {
    position: absolute;
    inset-block-start: -8px;
    inset-inline-start: 12px;
    min-inline-size: 20px;
    padding-inline: 5px;
    border-radius: var(--round);
    background: var(--accent);
    color: var(--on-accent);
    font-size: var(--text-xs);
    font-weight: 700;
    line-height: 20px;
    text-align: center;
  }
  @media (max-width: 760px) {
    .parts {
      flex-direction: row;
      inline-size: auto;
      padding: var(--s1) var(--s2);
      border-inline-end: 0;
      border-block-start: 1px solid var(--line);
    }
    .part {
      flex: 1;
      min-block-size: 52px;
      gap: 2px;
    }
    /* The back button of what is open leads here again. */
    .with-pane .parts {
      display: none;
    }
  }
`;
