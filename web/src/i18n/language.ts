/** Which language the page speaks. The catalogue follows the primary subtag: fr-CA reads French. */
export type UiLanguage = "fr" | "en";

export function uiLanguage(tag: string): UiLanguage {
  return primary(tag) === "fr" ? "fr" : "en";
}

export function primary(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? "";
}

/** The first of the candidates that looks like a language tag. */
export function firstLanguage(candidates: Array<string | null | undefined>): string {
  const tag = /^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/;
  return candidates.map((c) => c?.trim()).find((c): c is string => !!c && tag.test(c)) ?? "en";
}

/** The words of a policy's label: in the page's language, else in any that it has, else the name itself. */
export function labelIn(
  language: UiLanguage,
  labels: Readonly<Record<string, string>>,
  name: string,
): string {
  return labels[language] ?? Object.values(labels)[0] ?? name;
}
