/** Text that people wrote: shown as text, with web addresses made clickable. Never as markup. */
import { html, type TemplateResult } from "lit";

const ADDRESS = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]»]/g;

export function linked(text: string): Array<string | TemplateResult> {
  const parts: Array<string | TemplateResult> = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, found.index));
    parts.push(html`<a href=${found[0]} target="_blank" rel="noopener noreferrer nofollow">${found[0]}</a>`);
    end = found.index + found[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

export function clock(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** A stretch of time as a clock would count it down: 1:05. */
export function minutesAndSeconds(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A stretch of time that may take hours: 0:45, 12:05, 2:10:00. */
export function elapsed(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  if (hours === 0) return minutesAndSeconds(seconds);
  return `${hours}:${minutesAndSeconds(seconds % 3600).padStart(5, "0")}`;
}

/** The time alone for today, with the day before that. */
export function dayAndClock(iso: string, language: string): string {
  const moment = new Date(iso);
  if (moment.toDateString() === new Date().toDateString()) return clock(iso, language);
  return new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(moment);
}

export function initial(name: string): string {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
}

/** Only addresses that a picture can come from; anything else would be a script's way in. */
export function pictureUrl(url: string | null | undefined, base: string): string | null {
  if (!url) return null;
  try {
    const address = new URL(url, `${base}/`);
    return /^https?:$/.test(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
