/**
 * `npm run rooms`: fails when a room of `src/` imports from a room that stands below it. What is generated is left out:
 * its declarations name the views of the rooms that use it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { violations } from "./rooms/order.ts";
import { root } from "./root.ts";

const files = new Map(
  readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.startsWith("generated/"))
    .sort()
    .map((name) => [name, readFileSync(`${root}src/${name}`, "utf8")]),
);
const found = violations(files);
for (const sentence of found) console.error(`error: ${sentence}`);
console.log(`${files.size} files, ${found.length} imports against the order of the rooms`);
process.exitCode = found.length > 0 ? 1 : 0;
