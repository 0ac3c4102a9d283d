import { css } from "lit";

export const boardStyles = css`
  .board {
    flex: 1;
    min-inline-size: 0;
    overflow-y: auto;
    padding: var(--s5);
  }
  .board:focus-visible {
    outline-offset: -4px;
  }
  .board-head {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: var(--s2) var(--s4);
    margin-block-end: var(--s4);
  }
  .board-head h2 {
    font-size: var(--text-2xl);
  }
  .live {
    display: flex;
    align-items: center;
    gap: var(--s2);
    color: var(--ink-2);
    font-size: var(--text-s);
    font-weight: 600;
  }
  .live::before {
    content: "";
    inline-size: 9px;
    block-size: 9px;
    border-radius: 50%;
    background: var(--ok);
  }
  .live.stale {
    color: var(--warn-text);
  }
  .live.stale::before {
    background: var(--warn-text);
  }
  .board-groups {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr));
    gap: var(--s4);
  }
  .board-card {
    display: flex;
    flex-direction: column;
    gap: var(--s4);
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1px var(--line),
      var(--shadow-1);
  }
  .board-card-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--s2);
  }
  .board-card h4 {
    margin: 0;
    font: 600 var(--text-l) / 1.25 var(--font-display);
  }
  .board-lines {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(190px, 100%), 1fr));
    gap: var(--s3);
  }
  .board-line {
    padding: var(--s3);
    border-radius: var(--r2);
    background: var(--sunken);
  }
  .board-line-name {
    display: flex;
    align-items: center;
    gap: var(--s2);
    margin-block-end: var(--s2);
    font-weight: 600;
    font-size: 14px;
  }
  .board-line dl {
    display: flex;
    flex-direction: column;
    gap: var(--s1);
  }
  .board-line dl > div {
    display: flex;
    justify-content: space-between;
    gap: var(--s2);
  }
  .board-day {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(104px, 1fr));
    gap: var(--s3);
  }
  .board dt {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .board dd {
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .board-line dd {
    text-align: end;
    font-size: 14px;
  }
  .board-day dd {
    font-size: var(--text-l);
  }
  .board small {
    color: var(--ink-2);
    font-size: var(--text-s);
    font-weight: 400;
  }
  .board dd small {
    display: block;
  }
  .board .busy dd {
    color: var(--accent-text);
  }
  .board .good dd {
    color: var(--ok);
  }
  .board .bad dd {
    color: var(--danger-text);
  }
  .board .trouble {
    color: var(--danger-text);
  }
  .board-states {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s1) var(--s4);
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    font-size: 14px;
  }
  .state::before {
    content: "";
    flex: none;
    inline-size: 9px;
    block-size: 9px;
    border-radius: 50%;
    background: var(--line-strong);
  }
  .state.available::before {
    background: var(--ok);
  }
  .state.busy::before {
    background: var(--accent);
  }
  .state.paused::before,
  .state.wrap_up::before {
    background: #d9a21b;
  }
  .state.offline::before {
    background: none;
    box-shadow: inset 0 0 0 2px var(--line-strong);
  }
  .board-part {
    margin-block-start: var(--s6);
  }
  .board-part h3 {
    display: flex;
    align-items: center;
    gap: var(--s2);
    margin-block-end: var(--s3);
    font-size: var(--text-xl);
  }
  .board-none {
    color: var(--ink-2);
  }
  .rows {
    overflow: hidden;
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1.1fr) minmax(0, 1.6fr) minmax(0, auto);
    align-items: center;
    gap: var(--s2) var(--s4);
    min-block-size: 60px;
    padding: var(--s2) var(--s4);
  }
  .row + .row {
    border-block-start: 1px solid var(--line);
  }
  .row > p {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px var(--s3);
  }
  .row .row-name {
    flex-wrap: nowrap;
  }
  .row-name small {
    display: block;
  }
  .row-name svg {
    color: var(--brand-text);
  }
  .row-load {
    color: var(--ink-2);
    font-size: 14px;
  }
  .ticks {
    font-variant-numeric: tabular-nums;
  }
  .row-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
  }
  .reading[open] {
    display: flex;
    flex-direction: column;
    block-size: min(640px, calc(100dvh - 32px));
    inline-size: min(640px, calc(100vw - 24px));
  }
  .reading-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--s2);
  }
  .reading .history {
    margin-block-start: var(--s3);
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--paper);
  }
  .reading .dialog-buttons {
    margin-block-start: var(--s3);
  }
  @media (max-width: 900px) {
    .row {
      grid-template-columns: minmax(0, 1fr);
      padding-block: var(--s3);
    }
  }
  @media (max-width: 760px) {
    .board {
      padding: var(--s4) var(--s3);
    }
    .row-buttons .button {
      flex: 1 1 auto;
    }
  }
`;
