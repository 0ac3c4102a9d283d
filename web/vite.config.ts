import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const out = here("../orchestrator/static");

/**
 * Three outputs, one per `--mode`: the widget is one classic script that any page can load; the desk and the
 * shop are pages with their own assets and relative addresses, so that they work behind any path prefix.
 */
export default defineConfig(({ mode }) => {
  const common = {
    target: "es2022",
    emptyOutDir: false,
    reportCompressedSize: true,
    modulePreload: { polyfill: false },
  } as const;
  if (mode === "widget") {
    return {
      publicDir: false,
      define: { "process.env.NODE_ENV": JSON.stringify("production") },
      build: {
        ...common,
        outDir: out,
        lib: {
          entry: here("src/widget/main.ts"),
          formats: ["iife"],
          name: "visavis",
          fileName: () => "widget.js",
        },
      },
    };
  }
  const page = mode === "demo" ? "demo" : "desk";
  return {
    root: here(`pages/${page}`),
    base: "./",
    publicDir: false,
    build: { ...common, outDir: `${out}/${page}`, assetsInlineLimit: 0 },
    test: { root: here("."), include: ["tests/**/*.test.ts"], environment: "node" },
  };
});
