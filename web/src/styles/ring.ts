import { css } from "lit";

export const ringStyles = css`
  .ring {
    position: relative;
    display: inline-grid;
    place-items: center;
    flex: none;
  }
  .ring-track {
    stroke: var(--line);
  }
  .ring-rest {
    stroke: var(--accent);
    transition: stroke-dashoffset 1s linear;
  }
  .ring-number {
    position: absolute;
    font-weight: 700;
    font-size: var(--text-s);
    font-variant-numeric: tabular-nums;
  }
`;
