import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { planc } from "../cli/binary.ts";
import { python } from "../python.ts";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder that goes when the file's tests have ended. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "planc-convert-"));
  made.push(folder);
  return folder;
}

/** The converter that `planc convert` writes for a config.json; its folder. */
export function converterFor(folder: string, config: unknown, ...options: readonly string[]): string {
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const ended = planc(folder, "convert", "config.json", "-o", "converter", ...options);
  if (ended.status !== 0) throw new Error(ended.stderr);
  return join(folder, "converter");
}

/** The config.json of the tiny checkpoint of `test/python/convert_tiny.py`. */
export function tinyConfig(): unknown {
  return configOf("convert_tiny.py");
}

/** The `CONFIG` of a program in `test/python`. */
export function configOf(program: string): unknown {
  const file = fileURLToPath(new URL(`../python/${program}`, import.meta.url));
  const code = `import runpy, json; print(json.dumps(runpy.run_path(${JSON.stringify(file)})["CONFIG"]))`;
  return JSON.parse(execFileSync(python, ["-c", code], { encoding: "utf8" }));
}
