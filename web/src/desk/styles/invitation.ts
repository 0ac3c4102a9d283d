import { css } from "lit";

export const invitationStyles = css`
  .invitations {
    position: fixed;
    z-index: 15;
    inset-block-start: 76px;
    inset-inline-end: var(--s4);
    display: flex;
    flex-direction: column;
    gap: var(--s3);
    inline-size: min(408px, calc(100vw - 32px));
    max-block-size: calc(100dvh - 92px);
    overflow-y: auto;
    padding: 4px 28px 64px;
    margin: -4px -28px -64px;
    box-sizing: content-box;
    pointer-events: none;
  }
  .invitation {
    pointer-events: auto;
    padding: var(--s5);
    border-radius: var(--r4);
    background: var(--surface);
    box-shadow:
      0 0 0 2px var(--accent),
      var(--shadow-2);
    animation: drop 0.45s var(--ease) both;
  }
  @keyframes drop {
    from {
      opacity: 0;
      transform: translateY(-18px) scale(0.97);
    }
  }
  .invitation-top {
    display: flex;
    align-items: center;
    gap: var(--s3);
  }
  .invitation h2 {
    font-size: var(--text-xl);
  }
  .invitation-where {
    color: var(--ink-2);
    font-size: 14px;
  }
  .invitation .verdict,
  .invitation-note,
  .invitation-summary,
  .last-lines {
    margin-block-start: var(--s3);
  }
  .invitation-summary,
  .invitation-note {
    font-size: 14px;
    color: var(--ink-2);
  }
  .invitation-note {
    padding: var(--s3);
    border-radius: var(--r2);
    background: var(--warn-soft);
    color: var(--ink);
  }
  .last-lines {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: var(--s3);
    border-radius: var(--r2);
    background: var(--sunken);
    font-size: 14px;
    line-height: 1.4;
  }
  .last-lines li {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    color: var(--ink-2);
  }
  .last-lines strong {
    color: var(--ink);
    font-weight: 650;
  }
  .last-lines .visitor strong {
    color: var(--brand-text);
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 6px var(--s4);
    margin-block-start: var(--s3);
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .facts li {
    display: flex;
    align-items: center;
    gap: 6px;
    min-inline-size: 0;
  }
  .fact-page span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .why {
    margin-block-start: var(--s3);
    font-size: 14px;
    color: var(--ink-2);
  }
  .why summary {
    display: flex;
    align-items: flex-start;
    gap: 6px;
    min-block-size: 24px;
    border-radius: var(--r1);
    cursor: pointer;
    list-style: none;
  }
  .why summary::-webkit-details-marker {
    display: none;
  }
  .why summary svg {
    flex: none;
    margin-block-start: 3px;
  }
  .why summary::after {
    content: "";
    flex: none;
    inline-size: 7px;
    block-size: 7px;
    margin: 6px 4px 0 auto;
    border: solid currentcolor;
    border-width: 0 2px 2px 0;
    rotate: 45deg;
    transition: rotate 0.15s;
  }
  .why[open] summary::after {
    rotate: 225deg;
    margin-block-start: 10px;
  }
  .why strong {
    color: var(--ink);
    font-weight: 650;
  }
  .why ul {
    display: flex;
    flex-direction: column;
    gap: 4px;
    margin-block-start: 6px;
    padding-inline-start: 22px;
  }
  .invitation-buttons {
    display: flex;
    gap: var(--s2);
    margin-block-start: var(--s4);
  }
  .invitation-buttons .button {
    flex: 1 1 auto;
  }
  .invitation-buttons .primary {
    flex-grow: 2;
  }
  @media (max-width: 760px) {
    .invitations {
      inset-block-start: auto;
      inset-block-end: var(--s3);
      inset-inline: var(--s3);
      inline-size: auto;
      padding: 24px 12px 12px;
      margin: -24px -12px -12px;
    }
    .invitation {
      padding: var(--s4);
    }
  }
`;
