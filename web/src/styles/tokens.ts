/**
 * The design tokens of widget, desk and shop: the one place where colours, type and measures are chosen.
 * Pine stands for the platform and the people behind it, persimmon for the one next step, paper for the page.
 * A site can set --visavis-font, --visavis-brand and --visavis-accent on the widget.
 */
import { css } from "lit";

const dark = css`
  --paper: #191613;
  --surface: #23201c;
  --sunken: #141210;
  --line: #3b352e;
  --line-strong: #8d8274;
  --ink: #f5efe6;
  --ink-2: #c4b9ab;
  --ink-3: #a69a8c;
  --brand-text: #8fd0bd;
  --brand-soft: #1d332d;
  --accent-text: #ff9a72;
  --accent-soft: #3a2318;
  --danger-text: #ff9d92;
  --danger-soft: #3c1f1c;
  --ok: #5fc58d;
  --warn-soft: #3a2f16;
  --warn-text: #f0c96a;
  --focus: #8db9ff;
  --shadow-1: 0 1px 2px rgb(0 0 0 / 0.4);
  --shadow-2: 0 2px 6px rgb(0 0 0 / 0.35), 0 10px 28px rgb(0 0 0 / 0.35);
  --shadow-3: 0 4px 12px rgb(0 0 0 / 0.4), 0 24px 64px rgb(0 0 0 / 0.5);
  color-scheme: dark;
`;

export const tokens = css`
  :host {
    --paper: #fbf8f2;
    --surface: #ffffff;
    --sunken: #f3ede2;
    --line: #e6ddcf;
    --line-strong: #8a7f71;
    --ink: #221d18;
    --ink-2: #574e45;
    --ink-3: #6f655a;
    --brand: var(--visavis-brand, #15463e);
    --brand-deep: #0e322c;
    --brand-text: #15463e;
    --brand-soft: #e1eee9;
    --on-brand: #fdfaf3;
    --on-brand-2: #c5dbd4;
    --accent: var(--visavis-accent, #bd3f14);
    --accent-deep: #9c320e;
    --accent-text: #a83510;
    --accent-soft: #fce9df;
    --on-accent: #ffffff;
    --danger: #b3261e;
    --danger-deep: #8f1d17;
    --danger-text: #a3211a;
    --danger-soft: #fbe7e4;
    --ok: #1d7f52;
    --warn-soft: #fbf0d2;
    --warn-text: #70500a;
    --stage: #12100e;
    --focus: #1a5fc4;

    --font: var(
      --visavis-font,
      ui-sans-serif,
      system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Helvetica Neue",
      Arial,
      sans-serif
    );
    --font-display: var(--visavis-font-display, var(--font));
    --text-xs: 12px;
    --text-s: 13px;
    --text-m: 15px;
    --text-l: 17px;
    --text-xl: 21px;
    --text-2xl: 28px;

    --s1: 4px;
    --s2: 8px;
    --s3: 12px;
    --s4: 16px;
    --s5: 24px;
    --s6: 32px;
    --s7: 48px;
    --r1: 8px;
    --r2: 12px;
    --r3: 18px;
    --r4: 26px;
    --round: 999px;
    --shadow-1: 0 1px 2px rgb(60 40 20 / 0.08);
    --shadow-2: 0 1px 3px rgb(60 40 20 / 0.07), 0 8px 24px rgb(60 40 20 / 0.1);
    --shadow-3: 0 2px 8px rgb(50 35 20 / 0.1), 0 20px 56px rgb(50 35 20 / 0.2);
    --ease: cubic-bezier(0.2, 0.8, 0.2, 1);
    color-scheme: light;
  }
  :host([theme="dark"]) {
    ${dark}
  }
  @media (prefers-color-scheme: dark) {
    :host([theme="auto"]) {
      ${dark}
    }
  }
`;
