/** Light or dark: as the system has it, unless the agent says otherwise. */
export type Theme = "auto" | "light" | "dark";

export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export function themeOf(kept: string | null): Theme {
  return THEMES.find((theme) => theme === kept) ?? "auto";
}
