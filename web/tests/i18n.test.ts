import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as en from "../src/i18n/en";
import * as fr from "../src/i18n/fr";
import { firstLanguage, uiLanguage } from "../src/i18n/language";
import { minutes } from "../src/i18n/shape";

const policy = readFileSync(new URL("../../rules/policies/conversation.yaml", import.meta.url), "utf8");
const said = [
  ...new Set([...policy.matchAll(/^\s*say: \[(.*)\]/gm)].flatMap((m) => (m[1] ?? "").split(/,\s*/))),
];

/** Every text of a catalogue; functions are called with samples of what they take. */
function texts(node: unknown, path = ""): Array<[string, string]> {
  if (typeof node === "string") return [[path, node]];
  if (typeof node === "function") {
    const samples: unknown[][] = [[2, 5], [1, 1], [{ low: 2, high: 5, agent: "Léa" }], [{ low: 2, high: 2 }]];
    return samples.flatMap((args): Array<[string, string]> => {
      const text: unknown = (node as (...a: unknown[]) => unknown)(...args);
      return typeof text === "string" ? [[path, text]] : [];
    });
  }
  return Object.entries(node as object).flatMap(([key, value]) => texts(value, `${path}.${key}`));
}

describe("catalogues", () => {
  test("every line that the shipped policy says has a text in both languages, for visitor and agent", () => {
    expect(said.length).toBeGreaterThan(15);
    for (const key of said) {
      for (const catalogue of [fr.visitorNotices, en.visitorNotices, fr.agentNotices, en.agentNotices]) {
        expect(catalogue, key).toHaveProperty(key);
      }
    }
  });

  test("French puts no-break spaces before high punctuation and inside guillemets", () => {
    for (const [path, text] of texts(fr)) {
      expect(text, path).not.toMatch(/ [;:!?»]|« /);
      expect(text, path).not.toMatch(/[^\s\u00a0\u202f][!?;»]/);
      expect(text, path).not.toMatch(/'/);
    }
  });

  test("English uses typographic apostrophes too", () => {
    for (const [path, text] of texts(en)) expect(text, path).not.toMatch(/'/);
  });
});

describe("waits", () => {
  test("are told in whole minutes, never below one", () => {
    expect(minutes({ p50: 20, p90: 45 })).toEqual({ low: 1, high: 1 });
    expect(minutes({ p50: 130, p90: 290 })).toEqual({ low: 2, high: 5 });
  });

  test("read as a band, or as less than a minute", () => {
    expect(fr.widget.waitBand({ low: 2, high: 5 })).toContain("entre 2 et 5");
    expect(en.widget.waitBand({ low: 1, high: 1 })).toContain("less than a minute");
  });
});

describe("language", () => {
  test("French for any French tag, English otherwise", () => {
    expect(["fr", "fr-CA", "FR-fr", "de", "en-GB"].map(uiLanguage)).toEqual(["fr", "fr", "fr", "en", "en"]);
  });

  test("the first usable candidate wins", () => {
    expect(firstLanguage([null, "", "not a tag", "fr-CA", "en"])).toBe("fr-CA");
    expect(firstLanguage([])).toBe("en");
  });
});
