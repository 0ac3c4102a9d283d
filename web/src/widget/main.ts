/** Entry of widget.js: one script tag puts the component at the end of the page. */
import type { CallStats } from "../media/stats";
import { readConfig } from "./config";
import { VisavisWidget } from "./element";

declare global {
  interface Window {
    /** Counters of the running call, for tests and for people who look into a bad line. */
    __visavis_stats?: () => Promise<CallStats | null>;
  }
}

const TAG = "visavis-widget";
const config = readConfig(document.currentScript as HTMLScriptElement | null);

function mount(): void {
  if (!config) {
    console.warn("[visavis] the script tag needs a data-site attribute");
    return;
  }
  // A page that loads the script twice still gets one widget.
  if (customElements.get(TAG)) return;
  customElements.define(TAG, VisavisWidget);
  const widget = document.createElement(TAG) as VisavisWidget;
  widget.config = config;
  document.body.append(widget);
  window.__visavis_stats = async () => (await widget.store?.call.link.stats()) ?? null;
}

if (document.body) mount();
else addEventListener("DOMContentLoaded", mount);
