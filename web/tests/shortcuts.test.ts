import { describe, expect, test } from "vitest";
import { SHORTCUTS, shortcutOf } from "../src/desk/shortcuts";

function press(code: string, more: object = {}) {
  const held = { altKey: true, shiftKey: true, ctrlKey: false, metaKey: false, repeat: false };
  return shortcutOf({ code, ...held, ...more });
}

describe("shortcuts", () => {
  test("each key is one, and each is of one key", () => {
    for (const [name, code] of SHORTCUTS) expect(press(code)).toBe(name);
    expect(new Set(SHORTCUTS.map(([, code]) => code)).size).toBe(SHORTCUTS.length);
  });

  test("only with Alt and Shift, and nothing else held", () => {
    expect(press("KeyA", { altKey: false })).toBeNull();
    expect(press("KeyA", { shiftKey: false })).toBeNull();
    expect(press("KeyA", { ctrlKey: true })).toBeNull();
    expect(press("KeyA", { metaKey: true })).toBeNull();
    expect(press("KeyA", { repeat: true })).toBeNull();
    expect(press("KeyZ")).toBeNull();
  });

  test("a letter is the one that is printed on the key", () => {
    // On a French keyboard the A stands where others have the Q.
    expect(press("KeyQ", { key: "A" })).toBe("accept");
    expect(press("KeyA", { key: "Q" })).toBeNull();
    // A Mac types another character with Alt: then the place counts.
    expect(press("KeyA", { key: "Å" })).toBe("accept");
  });
});
