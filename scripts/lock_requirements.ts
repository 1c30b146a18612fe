/**
 * Writes `requirements.json` of each release of transformers: every package that a bundle's requirements come to, each in one
 * release, as uv resolves them for Linux. What came out after the day of the stack's newest release does not count, so the
 * same day gives the same bytes.
 *
 *     npx tsx scripts/lock_requirements.ts 2026-11-28      # with uv on the PATH, or its path in UV
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { transformers } from "../src/engines/transformers/engine.ts";
import { renderRequirements } from "../src/generated/templates.js";
import { stacks } from "../src/stacks.ts";
import { write } from "./write.ts";

const [day] = process.argv.slice(2);
if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) {
  console.error("usage: npx tsx scripts/lock_requirements.ts YYYY-MM-DD");
  process.exit(2);
}
for (const release of transformers.releases) {
  const versions = { ...stacks.tested, transformers: release.version };
  const wanted = renderRequirements({ tested: true, versions, liger: release.liger.release, packages: [] });
  const packages = resolved(wanted).flatMap(onLinux);
  const minor = release.version.split(".").slice(0, 2).join(".");
  const found = { versions, day, packages };
  write(`src/engines/transformers/releases/${minor}/requirements.json`, `${JSON.stringify(found, null, 2)}\n`);
}

/** One line a package, with the condition under which it is wanted. */
function resolved(requirements: string): readonly string[] {
  const folder = mkdtempSync(`${tmpdir()}/planc-lock-`);
  const file = `${folder}/requirements.txt`;
  writeFileSync(file, requirements);
  const quiet = ["--quiet", "--no-header", "--no-annotate"];
  // Python 3.11 is the oldest that a bundle runs on.
  const target = ["--universal", "--python-version", "3.11", "--exclude-newer", `${day}T23:59:59Z`];
  const args = ["pip", "compile", ...quiet, ...target, file];
  const run = spawnSync(process.env["UV"] ?? "uv", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  rmSync(folder, { recursive: true });
  if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr);
  return run.stdout.trim().split("\n");
}

/** Without what is for other systems, and without conditions that hold on Linux anyhow. */
function onLinux(line: string): readonly string[] {
  const [name = "", condition] = line.split(" ; ");
  if (condition === undefined) return [name];
  if (/sys_platform == '(win32|emscripten)'/.test(condition)) return [];
  const left = condition
    .replace(/^\((.*)\) and sys_platform == 'linux'$/, "$1")
    .replace(/( and )?sys_platform (== 'linux'|!= 'emscripten')$/, "");
  return [left === "" ? name : `${name} ; ${left}`];
}
