import { css } from "lit";

export const gateStyles = css`
  .loading {
    display: grid;
    place-items: center;
    block-size: 100%;
    color: var(--ink-3);
  }
  .gate {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    min-block-size: 100%;
    background: var(--paper);
  }
  .gate-art {
    position: relative;
    overflow: hidden;
    background: #15463e;
  }
  .gate-art svg {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
  }
  .gate-form {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    justify-content: space-between;
    gap: var(--s6);
    inline-size: min(440px, 100%);
    margin-inline: auto;
    padding: var(--s6) var(--s5);
  }
  .gate-box {
    inline-size: 100%;
  }
  .gate h1 {
    font-size: 40px;
    letter-spacing: -0.02em;
  }
  .gate-lead {
    margin-block-start: var(--s2);
    color: var(--ink-2);
    font-size: var(--text-l);
  }
  .gate-lead + .wide {
    margin-block-start: var(--s5);
  }
  .brand-line {
    display: flex;
    align-items: center;
    gap: 10px;
    font: 600 20px/1 var(--font-display);
    color: var(--brand-text);
  }
  @media (max-width: 820px) {
    .gate {
      grid-template-columns: 1fr;
      grid-template-rows: 180px 1fr;
    }
    .gate-form {
      padding-block: var(--s5);
    }
    .gate h1 {
      font-size: 32px;
    }
  }
`;
