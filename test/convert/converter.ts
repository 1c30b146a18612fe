import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { planc } from "../cli/binary.ts";

/** A folder that goes when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "planc-convert-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The converter that `planc convert` writes for a config.json; its folder. */
export function converterFor(folder: string, config: unknown, ...options: readonly string[]): string {
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const ended = planc(folder, "convert", "config.json", "-o", "converter", ...options);
  if (ended.status !== 0) throw new Error(ended.stderr);
  return join(folder, "converter");
}
