import { describe, expect, test } from "vitest";
import { initial, linked, minutesAndSeconds, pictureUrl } from "../src/ui/text";

/** What a reader sees: plain parts as they are, links as <address>. */
const shown = (text: string) =>
  linked(text).map((part) => (typeof part === "string" ? part : `<${String(part.values[0])}>`));

describe("text that people wrote", () => {
  test("web addresses become links, and the punctuation after them does not", () => {
    expect(shown("Voyez https://example.test/a?b=1, puis (https://example.test).")).toEqual([
      "Voyez ",
      "<https://example.test/a?b=1>",
      ", puis (",
      "<https://example.test>",
      ").",
    ]);
  });

  test("nothing else becomes one: no markup, no scripts", () => {
    const nasty = '<img src=x onerror=alert(1)> javascript:alert(1) "ftp://x"';
    expect(shown(nasty)).toEqual([nasty]);
  });
});

describe("pictures", () => {
  test("come from the web or from the service itself", () => {
    expect(pictureUrl("/p.png", "https://chat.test")).toBe("https://chat.test/p.png");
    expect(pictureUrl("https://cdn.test/p.png", "https://chat.test")).toBe("https://cdn.test/p.png");
    expect(pictureUrl("javascript:alert(1)", "https://chat.test")).toBeNull();
    expect(pictureUrl("data:text/html,x", "https://chat.test")).toBeNull();
    expect(pictureUrl(null, "https://chat.test")).toBeNull();
  });

  test("without one, the first letter stands for the name", () => {
    expect([initial("  léa"), initial(""), initial("🦊 fox")]).toEqual(["L", "?", "🦊"]);
  });
});

test("a stretch of time is counted down like a clock", () => {
  expect([0, 9, 65, 600].map(minutesAndSeconds)).toEqual(["0:00", "0:09", "1:05", "10:00"]);
});
