/** The call looks the same on both sides: the other person large, oneself at the bottom right. */
import { css } from "lit";

export const callStyles = css`
  .call {
    position: relative;
    overflow: hidden;
    background: radial-gradient(circle at 50% 40%, #2c2723, var(--stage) 70%);
    color: #fff;
  }
  .remote {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
    transition: opacity 0.3s;
  }
  .remote.dim {
    opacity: 0;
  }
  .mirrored {
    transform: scaleX(-1);
  }
  .portrait {
    position: absolute;
    inset: 0;
    margin: auto;
    display: grid;
    place-items: center;
    inline-size: 112px;
    block-size: 112px;
    border-radius: 38%;
    background: #fce9df;
    color: #a83510;
    font: 600 46px/1 var(--font-display);
  }
  .call-line {
    position: absolute;
    inset-block-start: var(--s4);
    inset-inline-start: var(--s4);
    max-inline-size: calc(100% - 2 * var(--s4));
    padding: 6px 14px;
    border-radius: var(--round);
    background: rgb(15 12 10 / 0.72);
    font-size: 14px;
    font-weight: 500;
  }
  .call-line.empty {
    visibility: hidden;
  }
  .tap-for-sound {
    position: absolute;
    inset-block-start: 50%;
    inset-inline: 0;
    inline-size: max-content;
    margin-inline: auto;
    box-shadow: var(--shadow-3);
  }
  .self {
    position: absolute;
    inset-block-end: var(--s4);
    inset-inline-end: var(--s4);
    display: grid;
    place-items: center;
    overflow: hidden;
    inline-size: clamp(96px, 24%, 208px);
    aspect-ratio: 4 / 3;
    border-radius: var(--r3);
    background: #2e2925;
    color: #d8cfc4;
    box-shadow:
      0 0 0 2px rgb(255 255 255 / 0.85),
      var(--shadow-3);
  }
  .self.empty {
    box-shadow: 0 0 0 1.5px rgb(255 255 255 / 0.35);
  }
  .self video {
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .controls {
    position: absolute;
    inset-block-end: var(--s4);
    inset-inline: 0;
    inline-size: max-content;
    margin-inline: auto;
    display: flex;
    gap: var(--s2);
    padding: var(--s2);
    border-radius: var(--round);
    background: rgb(20 16 13 / 0.66);
    backdrop-filter: blur(10px);
  }
  .control {
    display: grid;
    place-items: center;
    inline-size: 48px;
    block-size: 48px;
    border-radius: 50%;
    background: rgb(255 255 255 / 0.16);
    color: #fff;
    transition: background-color 0.15s;
  }
  .control:hover:not(:disabled) {
    background: rgb(255 255 255 / 0.3);
  }
  .control.off {
    background: #fff;
    color: #221d18;
  }
  .control.off:hover:not(:disabled) {
    background: #ece5da;
  }
  .control:disabled {
    opacity: 0.5;
  }
  .control.hang-up {
    inline-size: 64px;
    border-radius: var(--round);
    background: #c62f25;
  }
  .control.hang-up:hover {
    background: #a8231a;
  }
`;
