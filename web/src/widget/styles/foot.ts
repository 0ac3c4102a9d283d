import { css } from "lit";

export const footStyles = css`
  .shortcuts {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: var(--s2) var(--s3);
  }
  .shortcut {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-block-size: 34px;
    padding: 4px 12px 4px 10px;
    border-radius: var(--round);
    background: var(--sunken);
    color: var(--ink-2);
    font-weight: 600;
    font-size: var(--text-s);
    transition: background-color 0.15s;
  }
  .shortcut:hover {
    background: var(--brand-soft);
    color: var(--brand-text);
  }
  .leave-message {
    display: flex;
    flex-direction: column;
    gap: var(--s3);
    margin: var(--s3);
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line), var(--shadow-2);
    max-block-size: 75%;
    overflow-y: auto;
  }
  .leave-message h3 {
    font-size: var(--text-l);
  }
  .leave-message p {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .leave-message label {
    display: flex;
    flex-direction: column;
    gap: 4px;
    font-weight: 600;
    font-size: var(--text-s);
  }
  .leave-message input,
  .leave-message textarea {
    min-block-size: 44px;
    padding: 9px 12px;
    border: 1.5px solid var(--line-strong);
    border-radius: var(--r2);
    background: var(--surface);
    font-weight: 400;
    font-size: 16px;
    resize: vertical;
  }
  .leave-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
  }
  .closed {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--s2);
    padding: var(--s5) var(--s4);
    border-block-start: 1px solid var(--line);
    background: var(--surface);
    text-align: center;
    color: var(--ink-2);
  }
  .closed h3 {
    font-size: var(--text-l);
    color: var(--ink);
  }
  .closed .button {
    margin-block-start: var(--s2);
  }
  .resume {
    display: flex;
    align-items: center;
    justify-content: space-between;
    flex-wrap: wrap;
    gap: var(--s2) var(--s3);
    margin: 0 var(--s3) var(--s3);
    padding: var(--s3) var(--s4);
    border-radius: var(--r3);
    background: var(--accent-soft);
    font-weight: 500;
  }

  .waiting {
    margin: var(--s3) var(--s3) 0;
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1px var(--line),
      var(--shadow-2);
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: var(--s3);
    max-block-size: 60%;
    overflow-y: auto;
    flex: none;
  }
  .waiting-top {
    display: flex;
    gap: var(--s4);
    align-items: center;
  }
  .waiting h3 {
    font-size: var(--text-l);
  }
  .waiting-facts {
    display: flex;
    flex-direction: column;
    margin-block-start: 2px;
    font-weight: 500;
    font-size: 14px;
  }
  .waiting-hint {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .waiting-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
  }
  .button.small {
    min-block-size: 40px;
    padding: 6px 16px;
    font-size: 14px;
  }
  .pulse {
    position: relative;
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 52px;
    block-size: 52px;
    border-radius: 38%;
    background: var(--brand-soft);
    color: var(--brand-text);
  }
  .pulse::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: inherit;
    border: 2px solid var(--brand-text);
    animation: ripple 2.2s ease-out infinite;
  }
  @keyframes ripple {
    from {
      opacity: 0.6;
    }
    to {
      transform: scale(1.3);
      opacity: 0;
    }
  }
  .device-test {
    display: flex;
    align-items: center;
    gap: var(--s4);
    inline-size: 100%;
  }
  .device-test video {
    inline-size: 132px;
    aspect-ratio: 4 / 3;
    border-radius: var(--r2);
    background: var(--stage);
    object-fit: cover;
    transform: scaleX(-1);
  }
  .meter {
    display: flex;
    align-items: center;
    gap: var(--s2);
  }
  meter {
    inline-size: 96px;
    block-size: 8px;
    border: 0;
    border-radius: var(--round);
    background: rgb(128 128 128 / 0.35);
    appearance: none;
    overflow: hidden;
  }
  meter::-webkit-meter-bar {
    block-size: 8px;
    border: 0;
    border-radius: var(--round);
    background: rgb(128 128 128 / 0.35);
  }
  meter::-webkit-meter-optimum-value {
    border-radius: var(--round);
    background: #4fbf8b;
  }
  meter::-moz-meter-bar {
    background: #4fbf8b;
  }

  .proposal {
    margin: 0 var(--s3) var(--s3);
    padding: var(--s4);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 2px var(--accent),
      var(--shadow-2);
    animation: rise 0.4s var(--ease) both;
  }
  .proposal:focus-visible {
    outline-offset: 3px;
  }
  .proposal-top {
    display: flex;
    gap: var(--s3);
    align-items: flex-start;
  }
  .proposal h3 {
    font-size: var(--text-l);
  }
  .proposal p {
    margin-block-start: 2px;
    color: var(--ink-2);
    font-size: 14px;
  }
  .proposal-buttons,
  .confirm-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
    margin-block-start: var(--s4);
  }
  .proposal-buttons .button,
  .confirm-buttons .button {
    flex: 1 1 auto;
  }

  .veil {
    position: absolute;
    z-index: 5;
    inset: 0;
    display: grid;
    place-items: center;
    padding: var(--s4);
    background: rgb(25 20 15 / 0.5);
    backdrop-filter: blur(3px);
  }
  .confirm {
    inline-size: min(360px, 100%);
    padding: var(--s5);
    border-radius: var(--r4);
    background: var(--surface);
    box-shadow: var(--shadow-3);
    animation: rise 0.25s var(--ease) both;
  }
  .confirm h3 {
    font-size: var(--text-xl);
  }
  .confirm p {
    margin-block-start: var(--s2);
    color: var(--ink-2);
  }
`;
