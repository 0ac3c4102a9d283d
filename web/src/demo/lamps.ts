/** The products, drawn: flat shapes, a warm halo, one light source each. */
import { html, type SVGTemplateResult, svg, type TemplateResult } from "lit";

export type LampName = "aube" | "meridien" | "galet" | "atelier" | "nuage" | "phare";

const halo = (x: number, y: number, r: number) =>
  svg`<circle cx=${x} cy=${y} r=${r} fill="#ffd78a" opacity=".28"/><circle cx=${x} cy=${y} r=${r * 0.68} fill="#ffe3ab" opacity=".45"/>`;
const shadow = (x: number, y: number, r: number) =>
  svg`<ellipse cx=${x} cy=${y} rx=${r} ry=${r * 0.13} fill="#3a241a" opacity=".16"/>`;

const drawings: Record<LampName, { ground: string; art: SVGTemplateResult }> = {
  aube: {
    ground: "#efdcc4",
    art: svg`${halo(140, 120, 104)}${shadow(140, 281, 66)}
      <path d="M112 190c-26 16-36 44-25 68 7 14 22 20 53 20s46-6 53-20c11-24 1-52-25-68z" fill="#b8582f"/>
      <path d="M112 190c-26 16-36 44-25 68 4 8 10 13 20 16-12-30-6-62 20-84z" fill="#a24a25"/>
      <rect x="132" y="166" width="16" height="28" fill="#8a5a2b"/>
      <path d="M98 70h84l30 100H68z" fill="#f7ead2"/><path d="M98 70h22l-14 100H68z" fill="#fff6e2"/>
      <path d="M74 150h132l6 20H68z" fill="#fbdc9d"/>`,
  },
  meridien: {
    ground: "#d9d5c3",
    art: svg`${halo(80, 128, 84)}${shadow(196, 283, 52)}
      <path d="M200 276V120C200 46 84 42 80 108" fill="none" stroke="#b48a3c" stroke-width="7" stroke-linecap="round"/>
      <rect x="156" y="268" width="88" height="14" rx="7" fill="#3d3a31"/>
      <path d="M44 142c0-22 16-38 36-38s36 16 36 38z" fill="#c99d4b"/><path d="M44 142c0-22 16-38 36-38-14 8-20 22-20 38z" fill="#b48a3c"/>
      <path d="M52 142h56c0 8-12 16-28 16s-28-8-28-16z" fill="#fff0c4"/>`,
  },
  galet: {
    ground: "#cfd8d2",
    art: svg`${halo(140, 176, 112)}${shadow(140, 276, 78)}
      <path d="M140 98c52 0 84 40 84 88 0 46-34 82-84 82s-84-36-84-82c0-48 32-88 84-88z" fill="#fff3d6"/>
      <path d="M140 98c52 0 84 40 84 88 0 46-34 82-84 82 40-14 58-46 56-86-2-40-22-72-56-84z" fill="#fbe0a6"/>
      <ellipse cx="108" cy="146" rx="20" ry="30" fill="#fffdf6" opacity=".9" transform="rotate(24 108 146)"/>
      <rect x="104" y="258" width="72" height="16" rx="8" fill="#6b4a2f"/>`,
  },
  atelier: {
    ground: "#e8cfc0",
    art: svg`${halo(92, 176, 84)}${shadow(176, 281, 58)}
      <path d="M180 270 220 164 146 82" fill="none" stroke="#1f4a42" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"/>
      <circle cx="220" cy="164" r="9" fill="#c99d4b"/><circle cx="146" cy="82" r="9" fill="#c99d4b"/>
      <path d="m150 76 12 34-64 56-48-38z" fill="#1f4a42"/><path d="m150 76 4 12-76 60-28-20z" fill="#2d6258"/>
      <path d="m50 128 48 38c-10 12-24 14-38 2s-18-28-10-40z" fill="#fff0c4"/>
      <path d="M122 280c0-10 24-16 56-16s56 6 56 16z" fill="#173a33"/>`,
  },
  nuage: {
    ground: "#dcd9e4",
    art: svg`${halo(140, 172, 116)}
      <path d="M140 0v92" stroke="#4a4038" stroke-width="4"/><rect x="126" y="84" width="28" height="18" rx="6" fill="#4a4038"/>
      <ellipse cx="140" cy="172" rx="92" ry="78" fill="#fff6e0"/>
      <path d="M52 150c30 12 146 12 176 0M48 176c30 14 154 14 184 0M56 202c30 12 138 12 168 0M74 226c26 10 106 10 132 0M70 126c26 10 114 10 140 0" fill="none" stroke="#ecd3a2" stroke-width="3"/>
      <ellipse cx="140" cy="248" rx="30" ry="6" fill="#ecd3a2"/>`,
  },
  phare: {
    ground: "#e9dfbf",
    art: svg`${halo(140, 180, 92)}${shadow(140, 281, 60)}
      <path d="M108 116a32 32 0 0 1 64 0" fill="none" stroke="#7a3a1d" stroke-width="8" stroke-linecap="round"/>
      <path d="M96 112h88l10 22H86z" fill="#c4552a"/><rect x="96" y="134" width="88" height="100" rx="6" fill="#fff0c4"/>
      <rect x="122" y="152" width="36" height="70" rx="18" fill="#ffd987"/>
      <path d="M96 134v100M184 134v100M125 134v100M155 134v100" stroke="#a24a25" stroke-width="4"/>
      <path d="M86 234h108l8 44H78z" fill="#c4552a"/><path d="M86 234h32l-6 44H78z" fill="#a8431d"/><circle cx="140" cy="257" r="7" fill="#ffe3ab"/>`,
  },
};

export const lampNames = Object.keys(drawings) as LampName[];

export function lamp(name: LampName): TemplateResult {
  const { ground, art } = drawings[name];
  return html`<svg viewBox="0 0 280 320" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <rect width="280" height="320" fill=${ground} />
    ${art}
  </svg>`;
}

/** The picture of the first screen: a corner of a room in the evening. */
export function room(): TemplateResult {
  return html`<svg viewBox="0 0 720 640" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <rect width="720" height="640" fill="#3a2a20" />
    <circle cx="430" cy="250" r="270" fill="#ffbf66" opacity=".13" />
    <circle cx="430" cy="250" r="190" fill="#ffc873" opacity=".2" />
    <circle cx="430" cy="250" r="120" fill="#ffd996" opacity=".3" />
    <rect x="86" y="70" width="150" height="196" rx="6" fill="#4a382c" />
    <rect x="100" y="84" width="122" height="168" fill="#c9b08c" />
    <path d="M100 252V190c24-30 44-8 60-24s36-10 62 14v72z" fill="#7d8f77" />
    <circle cx="186" cy="122" r="18" fill="#e9a65a" />
    <path d="M346 110h168l62 196H284z" fill="#fbe6b8" />
    <path d="M346 110h44l-34 196h-72z" fill="#fff3d4" />
    <path d="M296 270h268l12 36H284z" fill="#ffd486" />
    <rect x="416" y="306" width="28" height="44" fill="#8a5a2b" />
    <path d="M384 346c-52 30-66 84-42 126 14 24 42 30 88 30s74-6 88-30c24-42 10-96-42-126z" fill="#bd5a30" />
    <path d="M384 346c-52 30-66 84-42 126 8 14 20 22 38 26-22-58-12-112 36-152z" fill="#a24a25" />
    <rect x="210" y="500" width="450" height="18" rx="4" fill="#8a6443" />
    <path d="M250 518h20l-10 122h-18zM600 518h20l10 122h-18z" fill="#6b4a2f" />
    <path d="M548 500c-4-34 10-52 34-52s38 18 34 52z" fill="#dfe3d6" />
    <path d="M582 448c-8-40-34-56-46-96 32 12 46 44 48 82 2-50 10-84 40-108 4 52-16 82-36 122z" fill="#6f8a6c" />
    <rect x="236" y="486" width="88" height="14" rx="3" fill="#d9c7a8" />
    <rect x="244" y="473" width="76" height="13" rx="3" fill="#41685f" />
    <rect x="240" y="460" width="70" height="13" rx="3" fill="#c46a3e" />
  </svg>`;
}
