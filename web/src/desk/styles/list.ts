import { css } from "lit";

export const listStyles = css`
  .list {
    grid-area: list;
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    overflow-y: auto;
    padding: var(--s4) var(--s3);
    border-inline-end: 1px solid var(--line);
    background: var(--sunken);
  }
  .list h2 {
    display: flex;
    align-items: center;
    gap: var(--s2);
    padding: 0 var(--s2) var(--s3);
    font-size: var(--text-xl);
  }
  .count {
    min-inline-size: 26px;
    padding: 2px 8px;
    border-radius: var(--round);
    background: var(--line);
    color: var(--ink-2);
    font: 600 var(--text-s) / 1.5 var(--font);
    text-align: center;
    letter-spacing: 0;
  }
  .list ul {
    display: flex;
    flex-direction: column;
    gap: var(--s1);
  }
  .item {
    display: flex;
    align-items: flex-start;
    gap: var(--s3);
    inline-size: 100%;
    padding: var(--s3);
    border-radius: var(--r2);
    text-align: start;
    transition: background-color 0.15s;
  }
  .item:hover {
    background: color-mix(in srgb, var(--surface) 60%, transparent);
  }
  .item.selected {
    background: var(--surface);
    box-shadow: var(--shadow-2);
  }
  .item-face {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 40px;
    block-size: 40px;
    border-radius: 36%;
    background: var(--brand-soft);
    color: var(--brand-text);
  }
  .item-face.video {
    background: var(--accent);
    color: var(--on-accent);
  }
  .item-face.away {
    background: var(--line);
    color: var(--ink-2);
  }
  .item-text {
    flex: 1;
    min-inline-size: 0;
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .item-top {
    display: flex;
    justify-content: space-between;
    gap: var(--s2);
  }
  .item-top strong {
    font-weight: 650;
  }
  .item-top time {
    color: var(--ink-3);
    font-size: var(--text-xs);
    line-height: 22px;
  }
  .item-words {
    overflow: hidden;
    color: var(--ink-2);
    font-size: 14px;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .item-tags {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s1);
    margin-block-start: var(--s1);
  }
  .tag {
    display: inline-block;
    padding: 1px 9px;
    border-radius: var(--round);
    background: var(--brand-soft);
    color: var(--brand-text);
    font-size: var(--text-xs);
    font-weight: 600;
    line-height: 20px;
  }
  .tag.video_lobby,
  .tag.in_video {
    background: var(--accent-soft);
    color: var(--accent-text);
  }
  .tag.queued,
  .tag.away {
    background: var(--warn-soft);
    color: var(--warn-text);
  }
  .tag.closed {
    background: var(--line);
    color: var(--ink-2);
  }
  .unread {
    display: grid;
    place-items: center;
    align-self: center;
    min-inline-size: 22px;
    block-size: 22px;
    padding-inline: 6px;
    border-radius: var(--round);
    background: var(--accent);
    color: var(--on-accent);
    font-size: var(--text-xs);
    font-weight: 700;
  }
  .list-none {
    padding-inline: var(--s2);
    color: var(--ink-2);
    font-size: 14px;
  }
  .empty {
    flex: 1;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: var(--s2);
    padding: var(--s5);
    color: var(--ink-2);
    text-align: center;
  }
  @media (min-width: 1181px) {
    /* Beside an invitation, not half under it. */
    .desk:has(.invitation) .empty {
      padding-inline-end: calc(408px + var(--s6));
    }
  }
  .empty p {
    max-inline-size: 40ch;
    text-wrap: balance;
  }
  .empty h2 {
    color: var(--ink);
    font-size: var(--text-xl);
  }
  .empty-art {
    display: grid;
    place-items: center;
    inline-size: 116px;
    block-size: 116px;
    margin-block-end: var(--s3);
    border-radius: 36%;
    background: var(--brand);
    color: var(--on-brand);
  }
  .empty-art.away {
    background: var(--line);
    color: var(--ink-3);
    --brand: var(--line);
  }
`;
