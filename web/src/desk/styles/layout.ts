import { css } from "lit";

export const layoutStyles = css`
  :host {
    --list: 320px;
    --info: 312px;
  }
  .desk {
    display: grid;
    grid-template:
      "bar bar bar bar" auto
      "net net net net" auto
      "parts list work info" minmax(0, 1fr) / auto var(--list) minmax(0, 1fr) auto;
    block-size: 100%;
    background: var(--paper);
  }
  .desk.view-board {
    grid-template:
      "bar bar" auto
      "net net" auto
      "parts work" minmax(0, 1fr) / auto minmax(0, 1fr);
  }
  .bar {
    grid-area: bar;
    display: flex;
    align-items: center;
    gap: var(--s5);
    padding: 10px var(--s4);
    background: var(--brand);
    color: var(--on-brand);
  }
  .bar .brand-line {
    margin-inline-end: auto;
    color: inherit;
  }
  .presence {
    display: flex;
    gap: var(--s2);
  }
  .channel {
    position: relative;
    display: flex;
    border-radius: var(--round);
    background: rgb(255 255 255 / 0.1);
  }
  .channel[data-state="paused"] {
    box-shadow: inset 0 0 0 2px var(--on-brand-2);
  }
  .switch {
    padding-inline: 14px 6px;
    border-radius: var(--round);
  }
  .switch:hover:not(:disabled),
  .states summary:hover {
    background: rgb(255 255 255 / 0.12);
  }
  .switch-text {
    display: flex;
    flex-direction: column;
    align-items: start;
    line-height: 1.2;
  }
  .switch-state {
    max-inline-size: 14ch;
    overflow: hidden;
    color: var(--on-brand);
    font-size: 12px;
    font-weight: 500;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .states summary {
    display: flex;
    align-items: center;
    block-size: 100%;
    min-inline-size: 32px;
    justify-content: center;
    border-radius: var(--round);
    cursor: pointer;
    list-style: none;
  }
  .states summary::-webkit-details-marker {
    display: none;
  }
  .states .menu {
    inline-size: 220px;
  }
  .menu-title {
    padding: var(--s2) var(--s2) 0;
    color: var(--ink-2);
    font-size: var(--text-s);
    font-weight: 600;
  }
  .switch:disabled {
    opacity: 0.5;
  }
  .load {
    display: flex;
    gap: var(--s4);
    color: var(--on-brand-2);
    font-weight: 600;
    font-size: 14px;
    font-variant-numeric: tabular-nums;
  }
  .load li {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .account {
    position: relative;
  }
  .account summary {
    display: flex;
    align-items: center;
    gap: var(--s2);
    min-block-size: 40px;
    padding-inline: 4px 10px;
    border-radius: var(--round);
    font-weight: 600;
    font-size: 14px;
    cursor: pointer;
    list-style: none;
  }
  .account summary::-webkit-details-marker {
    display: none;
  }
  .account summary:hover {
    background: rgb(255 255 255 / 0.12);
  }
  .small-plus {
    inline-size: 32px;
    block-size: 32px;
    font-size: 14px;
  }
  .menu {
    position: absolute;
    z-index: 20;
    inset-block-start: calc(100% + 10px);
    inset-inline-end: 0;
    display: flex;
    flex-direction: column;
    align-items: stretch;
    gap: var(--s1);
    inline-size: 280px;
    padding: var(--s3);
    border-radius: var(--r3);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow-3);
  }
  .menu :focus-visible {
    outline-color: var(--focus);
  }
  .menu-who {
    display: flex;
    flex-direction: column;
    padding: var(--s1) var(--s2) var(--s3);
    border-block-end: 1px solid var(--line);
    margin-block-end: var(--s1);
  }
  .menu-who span {
    color: var(--ink-2);
    font-size: var(--text-s);
    overflow-wrap: anywhere;
  }
  .menu-item {
    padding-inline: var(--s2);
    border-radius: var(--r1);
    text-align: start;
  }
  .menu-item span:not(.switch-track) {
    flex: 1;
  }
  .menu-item:hover {
    background: var(--sunken);
  }
  .menu .languages {
    margin: var(--s1) var(--s2);
  }
  .menu .languages button {
    flex: 1;
  }
  .notes {
    grid-area: net;
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: var(--s2) var(--s3);
    padding: 6px var(--s4);
    border-block-end: 1px solid var(--line);
    background: var(--surface);
    font-size: 14px;
    font-weight: 600;
  }
  .note [role="timer"] {
    font-variant-numeric: tabular-nums;
  }
  .net {
    padding: 6px var(--s4);
    background: var(--warn-soft);
    color: var(--warn-text);
    font-size: 14px;
    font-weight: 600;
    text-align: center;
  }
  /* On a phone either the list or what is open is on the screen: the landmark has to hold both. */
  .middle {
    display: contents;
  }
  .work {
    grid-area: work;
    position: relative;
    display: flex;
    min-inline-size: 0;
    min-block-size: 0;
  }
  .in-call .call {
    flex: 1 1 0;
    min-inline-size: 0;
  }
  .in-call .pane {
    flex: 0 0 392px;
    border-inline-start: 1px solid var(--line);
  }
  .call.mini {
    position: fixed;
    z-index: 8;
    inset-block-end: var(--s4);
    inset-inline-start: var(--s4);
    inline-size: 288px;
    aspect-ratio: 4 / 3;
    border-radius: var(--r3);
    box-shadow: var(--shadow-3);
  }
  .mini .self,
  .mini .call-line {
    display: none;
  }
  .mini-open {
    position: absolute;
    inset: 0;
    border-radius: inherit;
  }
  .mini .control {
    inline-size: 40px;
    block-size: 40px;
  }
  .mini .control.hang-up {
    inline-size: 52px;
  }
  .toast {
    position: fixed;
    pointer-events: none;
    z-index: 30;
    inset-block-end: var(--s5);
    inset-inline: 0;
    inline-size: max-content;
    max-inline-size: calc(100vw - 32px);
    margin-inline: auto;
    display: flex;
    align-items: center;
    gap: var(--s2);
    padding: var(--s3) var(--s5);
    border-radius: var(--round);
    background: var(--ink);
    color: var(--paper);
    box-shadow: var(--shadow-3);
    font-weight: 500;
  }

  @media (max-width: 1180px) {
    :host {
      --list: 280px;
    }
  }
  @media (max-width: 760px) {
    .desk,
    .desk.view-board {
      grid-template:
        "bar" auto
        "net" auto
        "work" minmax(0, 1fr)
        "parts" auto / minmax(0, 1fr);
    }
    .desk:not(.with-pane, .view-board) .work {
      display: none;
    }
    .desk:not(.with-pane) .list {
      grid-area: work;
    }
    .desk:not(.with-pane):has(.list-none) {
      .work {
        display: flex;
      }
      .list {
        display: none;
      }
    }
    .with-pane .list {
      display: none;
    }
    .bar {
      gap: var(--s2);
      padding: var(--s2) var(--s3);
    }
    .bar .brand-line span,
    .bar .load,
    .account-name,
    .switch > span:not(.switch-track) {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .switch {
      padding-inline: 10px 4px;
      gap: var(--s2);
    }
    .presence {
      gap: 6px;
    }
    .states summary {
      min-inline-size: 28px;
    }
    .states .menu {
      position: fixed;
      inset: 60px var(--s3) auto;
      inline-size: auto;
    }
    .work {
      flex-direction: column;
    }
    .in-call .call {
      flex: 0 0 46%;
    }
    .in-call .pane {
      flex: 1 1 0;
      border-inline-start: 0;
    }
    .in-call .self {
      inset-block-end: 76px;
      inline-size: 88px;
    }
  }
`;
