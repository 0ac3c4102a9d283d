import { css } from "lit";

export const panelStyles = css`
  :host {
    position: fixed;
    z-index: 2147483000;
    inset-block-end: var(--s5);
    inset-inline-end: var(--s5);
    display: block;
  }

  /* --- before the chat is open --- */
  .closed-view {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: var(--s4);
  }
  .bubble {
    position: relative;
    display: grid;
    place-items: center;
    inline-size: 64px;
    block-size: 64px;
    border-radius: 24px;
    background: var(--brand);
    color: var(--on-brand);
    box-shadow: var(--shadow-3);
    transition:
      transform 0.25s var(--ease),
      background-color 0.15s;
  }
  .bubble:hover {
    background: var(--brand-deep);
    transform: translateY(-2px);
  }
  .bubble:focus-visible {
    outline-color: var(--focus);
  }
  .bubble.live {
    background: var(--accent);
  }
  .bubble.live::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: inherit;
    border: 2px solid var(--accent);
    animation: ripple 2.2s ease-out infinite;
  }
  .badge {
    position: absolute;
    inset-block-start: -6px;
    inset-inline-end: -6px;
    min-inline-size: 24px;
    padding-inline: 6px;
    border-radius: var(--round);
    border: 2px solid var(--surface);
    background: var(--accent);
    color: var(--on-accent);
    font-size: var(--text-xs);
    font-weight: 700;
    line-height: 20px;
    text-align: center;
  }
  .offer {
    position: relative;
    inline-size: min(344px, calc(100vw - 32px));
    padding: var(--s5);
    border-radius: var(--r4);
    border-end-end-radius: var(--r1);
    background: var(--surface);
    box-shadow: var(--shadow-3);
    animation: rise 0.5s var(--ease) both;
  }
  .offer h2 {
    font-size: var(--text-xl);
    padding-inline-end: var(--s6);
  }
  .offer-text {
    margin-block-start: var(--s2);
    color: var(--ink-2);
  }
  .offer-hide {
    position: absolute;
    inset-block-start: var(--s3);
    inset-inline-end: var(--s3);
    color: var(--ink-3);
  }
  .offer-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
    margin-block-start: var(--s4);
  }
  .offer-buttons .button {
    flex: 1 1 auto;
    padding-inline: var(--s4);
  }
  .offer-note {
    display: flex;
    gap: var(--s2);
    margin-block-start: var(--s4);
    padding-block-start: var(--s3);
    border-block-start: 1px solid var(--line);
    color: var(--ink-2);
    font-size: var(--text-s);
    line-height: 1.45;
  }
  .offer-note svg {
    color: var(--brand-text);
    margin-block-start: 1px;
  }

  /* --- the panel --- */
  .panel {
    position: relative;
    display: flex;
    overflow: hidden;
    inline-size: min(404px, calc(100vw - 32px));
    block-size: min(700px, calc(100dvh - 48px));
    border-radius: var(--r4);
    background: var(--paper);
    box-shadow: var(--shadow-3);
    animation: rise 0.35s var(--ease) both;
  }
  .panel.with-stage {
    inline-size: min(1120px, calc(100vw - 48px));
    block-size: min(720px, calc(100dvh - 48px));
  }
  .chat {
    position: relative;
    display: flex;
    flex-direction: column;
    flex: 1 1 0;
    min-inline-size: 0;
    min-block-size: 0;
  }
  .with-stage .chat {
    flex: 0 0 372px;
    border-inline-start: 1px solid var(--line);
  }
  .head {
    display: flex;
    align-items: center;
    gap: var(--s3);
    padding: var(--s4) var(--s3) var(--s4) var(--s4);
    background: var(--brand);
    color: var(--on-brand);
  }
  .head-text {
    flex: 1;
    min-inline-size: 0;
  }
  .head h2 {
    font-size: var(--text-l);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head-status {
    display: flex;
    align-items: center;
    gap: 7px;
    color: var(--on-brand-2);
    font-size: var(--text-s);
    line-height: 1.4;
    white-space: nowrap;
  }
  .head-status span:last-child {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .dot {
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: #6fdca4;
    flex: none;
  }
  [data-tone="busy"] .dot {
    background: #f5c451;
    animation: blink 1.4s ease-in-out infinite;
  }
  [data-tone="off"] .dot {
    background: #b9b3aa;
  }
  .toast {
    position: absolute;
    z-index: 3;
    inset-block-start: 84px;
    inset-inline: var(--s4);
    display: flex;
    gap: var(--s2);
    padding: var(--s3) var(--s4);
    border-radius: var(--r2);
    background: var(--ink);
    color: var(--paper);
    box-shadow: var(--shadow-2);
    font-size: var(--text-s);
  }
  .opening {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: var(--s3);
    color: var(--ink-2);
  }
  .net {
    padding: 6px var(--s4);
    background: var(--warn-soft);
    color: var(--warn-text);
    font-size: var(--text-s);
    font-weight: 500;
    text-align: center;
  }

  @media (max-width: 560px) {
    :host {
      inset-block-end: var(--s4);
      inset-inline-end: var(--s4);
    }
    :host([open]) {
      inset: var(--keyboard-top, 0) 0 auto;
      block-size: var(--keyboard-height, 100dvh);
    }
    .panel {
      padding-block-end: env(safe-area-inset-bottom, 0);
    }
    .panel,
    .panel.with-stage {
      inline-size: 100%;
      block-size: 100%;
      border-radius: 0;
      animation-duration: 0.2s;
    }
  }
`;
