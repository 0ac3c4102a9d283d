/** Entry of the agent desk. */
import "@fontsource-variable/fraunces/opsz.css";
import "@fontsource-variable/instrument-sans/wght.css";
import type { CallStats } from "../media/stats";
import { VisavisDesk } from "./element";

declare global {
  interface Window {
    __visavis_stats?: () => Promise<CallStats | null>;
  }
}

customElements.define("visavis-desk", VisavisDesk);
const desk = document.querySelector<VisavisDesk>("visavis-desk");
window.__visavis_stats = async () => (await desk?.store.call.link.stats()) ?? null;
