// Builds widget, desk and shop into orchestrator/static. Only what this build owns is emptied first: other
// files of that folder (`.gitkeep`, other pages) stay.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const only = process.argv.slice(2);

for (const [mode, output] of [
  ["widget", "widget.js"],
  ["desk", "desk"],
  ["demo", "demo"],
]) {
  if (only.length > 0 && !only.includes(mode)) continue;
  await rm(here(`../orchestrator/static/${output}`), { recursive: true, force: true });
  await build({ configFile: here("vite.config.ts"), mode, logLevel: "info" });
}
