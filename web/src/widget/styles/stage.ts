import { css } from "lit";

export const stageStyles = css`
  .stage-holder {
    display: flex;
    flex: 1 1 0;
    min-inline-size: 0;
    min-block-size: 0;
  }
  .call,
  .lobby {
    flex: 1 1 0;
    min-inline-size: 0;
    min-block-size: 0;
  }
  .lobby {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: safe center;
    gap: var(--s3);
    padding: var(--s5);
    overflow-y: auto;
    background: var(--sunken);
    text-align: center;
  }
  .lobby h2 {
    font-size: var(--text-2xl);
  }
  .lobby-preview {
    position: relative;
    display: grid;
    place-items: center;
    overflow: hidden;
    inline-size: min(480px, 100%);
    aspect-ratio: 4 / 3;
    max-block-size: 52%;
    min-block-size: 180px;
    border-radius: var(--r4);
    background: radial-gradient(circle at 50% 40%, #2c2723, var(--stage) 70%);
    color: #e9e0d4;
    box-shadow: var(--shadow-2);
  }
  .lobby-preview video {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .lobby-meter {
    position: absolute;
    inset-block-end: var(--s3);
    inset-inline-start: var(--s3);
    padding: 6px var(--s3);
    border-radius: var(--round);
    background: rgb(15 12 10 / 0.66);
    color: #fff;
  }
  .lobby-text {
    max-inline-size: 44ch;
    color: var(--ink-2);
    text-wrap: balance;
  }
  .lobby-count {
    display: flex;
    align-items: center;
    gap: var(--s3);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .lobby-buttons {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: var(--s2);
  }
  .chat-toggle {
    display: none;
    position: relative;
  }
  .chat-toggle .badge {
    inset-block-start: -4px;
    inset-inline-end: -4px;
  }

  @media (max-width: 860px) {
    .panel.with-stage {
      flex-direction: column;
      inline-size: min(480px, calc(100vw - 32px));
      block-size: calc(100dvh - 48px);
    }
    .with-stage .chat {
      display: none;
      flex: 1 1 0;
      border-inline-start: 0;
    }
    .with-stage.show-chat .chat {
      display: flex;
    }
    .with-stage.show-chat .head {
      display: none;
    }
    .with-stage.show-chat .stage-holder {
      flex: 0 0 44%;
    }
    .show-chat .self {
      inline-size: 76px;
      inset-block-end: 88px;
    }
    .panel:not(.show-chat) .self {
      inset-block-end: 92px;
      inline-size: 112px;
    }
    .chat-toggle {
      display: grid;
    }
    .chat-toggle.on {
      background: var(--accent);
    }
    .show-chat .portrait {
      inline-size: 80px;
      block-size: 80px;
      font-size: 32px;
    }
    .lobby {
      padding: var(--s4);
    }
    .lobby h2 {
      font-size: var(--text-xl);
    }
    .lobby-buttons {
      inline-size: 100%;
      flex-direction: column;
    }
  }
  @media (max-width: 560px) {
    .panel.with-stage {
      inline-size: 100%;
      block-size: 100%;
    }
  }
`;
