/** What the script tag says. `document.currentScript` is only there while the script runs for the first time. */
import { firstLanguage } from "../i18n/language";

export interface WidgetConfig {
  site: string;
  /** Origin and path that the API hangs under, without a slash at the end. */
  base: string;
  language: string;
  theme: "light" | "dark" | "auto";
}

export function readConfig(script: HTMLScriptElement | null): WidgetConfig | null {
  const tag = script ?? document.querySelector<HTMLScriptElement>('script[data-site][src*="widget.js"]');
  const site = tag?.dataset.site;
  if (!tag || !site) return null;
  const theme = tag.dataset.theme;
  return {
    site,
    base: new URL(".", tag.src).href.replace(/\/$/, ""),
    language: firstLanguage([tag.dataset.language, document.documentElement.lang, navigator.language]),
    theme: theme === "dark" || theme === "auto" ? theme : "light",
  };
}
