import { css } from "lit";

export const paneStyles = css`
  .pane {
    flex: 1 1 0;
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
    min-block-size: 0;
  }
  .pane-head {
    display: flex;
    align-items: center;
    gap: var(--s2);
    padding: var(--s3) var(--s4);
    border-block-end: 1px solid var(--line);
    background: var(--surface);
  }
  .pane-title {
    flex: 1;
    min-inline-size: 0;
  }
  .pane-title h2 {
    font-size: var(--text-l);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .pane-title p {
    display: flex;
    align-items: center;
    gap: var(--s2);
    margin-block-start: 2px;
  }
  .pane-sub {
    overflow: hidden;
    color: var(--ink-2);
    font-size: var(--text-s);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .back {
    display: none;
  }
  .narrow-only {
    display: none;
  }
  .history {
    flex: 1 1 0;
    min-block-size: 0;
    overflow-y: auto;
    padding: var(--s5) max(var(--s4), calc(50% - 360px));
  }
  .line {
    max-inline-size: min(78%, 560px);
  }
  .typing:empty {
    display: none;
  }
  .pane .composer {
    margin-inline: max(var(--s3), calc(50% - 372px));
  }
  .pane-note,
  .proposal-bar {
    display: flex;
    align-items: center;
    gap: var(--s3);
    margin: 0 max(var(--s3), calc(50% - 372px)) var(--s3);
    padding: var(--s2) var(--s4);
    border-radius: var(--r3);
    background: var(--warn-soft);
    color: var(--warn-text);
    font-size: 14px;
  }
  .proposal-bar {
    background: var(--accent-soft);
    color: var(--ink);
  }
  .proposal-bar p {
    flex: 1;
  }
  .info {
    grid-area: info;
    position: relative;
    inline-size: var(--info);
    min-block-size: 0;
    overflow-y: auto;
    padding: var(--s5) var(--s4);
    border-inline-start: 1px solid var(--line);
    background: var(--surface);
  }
  .info-block + .info-block {
    margin-block-start: var(--s5);
    padding-block-start: var(--s5);
    border-block-start: 1px solid var(--line);
  }
  .earlier {
    display: flex;
    flex-direction: column;
    gap: var(--s1);
    margin-inline: calc(-1 * var(--s2));
  }
  .earlier-one {
    display: flex;
    flex-direction: column;
    gap: 2px;
    inline-size: 100%;
    padding: var(--s2);
    border-radius: var(--r1);
    text-align: start;
    font-size: 14px;
  }
  .earlier-one:hover {
    background: var(--sunken);
  }
  .earlier-top {
    display: flex;
    justify-content: space-between;
    gap: var(--s2);
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .earlier-top span {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  .earlier-words {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow-wrap: anywhere;
  }
  .info h3 {
    margin-block-end: var(--s3);
    font-size: var(--text-m);
  }
  .info dl {
    display: flex;
    flex-direction: column;
    gap: var(--s2);
  }
  .info dl > div {
    display: grid;
    grid-template-columns: 112px minmax(0, 1fr);
    gap: var(--s2);
  }
  .info dt {
    color: var(--ink-2);
    font-size: 14px;
  }
  .info dt::first-letter {
    text-transform: uppercase;
  }
  .info dd {
    font-weight: 500;
    font-size: 14px;
    overflow-wrap: anywhere;
  }
  .info-close {
    display: none;
    position: absolute;
    inset-block-start: var(--s2);
    inset-inline-end: var(--s2);
  }
  .summary {
    color: var(--ink-2);
  }
  .verdict {
    display: flex;
    align-items: flex-start;
    gap: 10px;
    padding: var(--s3);
    border-radius: var(--r2);
    background: var(--sunken);
    font-size: 14px;
    line-height: 1.4;
  }
  .verdict strong {
    display: block;
  }
  .verdict.yes {
    background: var(--accent-soft);
  }
  .verdict.yes svg {
    color: var(--accent-text);
  }
  .info-toggle {
    display: none;
  }
  .in-call .info-toggle {
    display: grid;
  }
  .in-call:not(.info-shown) .info {
    display: none;
  }
  .in-call.info-shown .info {
    position: absolute;
    z-index: 6;
    inset-block: 0;
    inset-inline-end: 0;
    box-shadow: var(--shadow-3);
  }
  .desk.in-call.info-shown {
    position: relative;
  }
  .info-shown .info-close {
    display: grid;
  }
  .in-call .wide-only {
    display: none;
  }
  .in-call .pane-head .small {
    padding-inline: 11px;
  }
  .in-call .pane-sub {
    display: none;
  }

  @media (max-width: 1180px) {
    .info-toggle {
      display: grid;
    }
    .desk:not(.info-shown) .info {
      display: none;
    }
    .desk.info-shown {
      position: relative;
    }
    .desk.info-shown .info {
      position: absolute;
      z-index: 6;
      inset-block: 0;
      inset-inline-end: 0;
      box-shadow: var(--shadow-3);
    }
  }
  @media (max-width: 760px) {
    .back {
      display: grid;
    }
    .wide-only {
      display: none;
    }
    .narrow-only {
      display: inline;
    }
    .pane-head {
      padding: var(--s2);
    }
    .pane-head .small {
      padding-inline: 11px;
    }
    .pane-sub {
      display: none;
    }
    .desk.info-shown .info {
      inline-size: min(340px, 100%);
    }
    .line {
      max-inline-size: 86%;
    }
    .history {
      padding: var(--s4);
    }
  }
`;
