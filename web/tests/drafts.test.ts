import { describe, expect, test } from "vitest";
import { Drafts } from "../src/desk/drafts";

class MemoryStorage {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

describe("drafts", () => {
  test("are kept for each conversation, over a reload", () => {
    const keep = new MemoryStorage();
    const drafts = new Drafts(keep, "drafts");
    drafts.set("c1", "Bonjour, je");
    drafts.set("c2", "42");
    const again = new Drafts(keep, "drafts");
    expect([again.of("c1"), again.of("c2"), again.of("c3")]).toEqual(["Bonjour, je", "42", ""]);
  });

  test("nothing but blanks is no draft, and nothing is left behind", () => {
    const keep = new MemoryStorage();
    const drafts = new Drafts(keep, "drafts");
    drafts.set("c1", "x");
    drafts.set("c1", "  \n");
    expect(drafts.has("c1")).toBe(false);
    expect(keep.kept.size).toBe(0);
  });

  test("the newest fifty stay", () => {
    const drafts = new Drafts(new MemoryStorage(), "drafts");
    for (let n = 0; n < 60; n += 1) drafts.set(`c${n}`, "x");
    drafts.set("c10", "again");
    drafts.set("c60", "x");
    expect([drafts.has("c9"), drafts.has("c10"), drafts.has("c11"), drafts.has("c60")]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test("a storage that is broken, full or forbidden costs nothing but the reload", () => {
    const keep = new MemoryStorage();
    keep.kept.set("drafts", '{"c1": 1}');
    expect(new Drafts(keep, "drafts").of("c1")).toBe("");
    keep.kept.set("drafts", '[["c1", 7], ["c2", "kept"], "x"]');
    expect(new Drafts(keep, "drafts").of("c2")).toBe("kept");
    keep.kept.set("drafts", "no json");
    const full = {
      ...keep,
      setItem: () => {
        throw new Error("full");
      },
    };
    const drafts = new Drafts(full, "drafts");
    drafts.set("c1", "x");
    expect(drafts.of("c1")).toBe("x");
  });
});
