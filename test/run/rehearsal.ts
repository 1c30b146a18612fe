import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeHost } from "../../src/cli/node-host.ts";
import type { Checked } from "../../src/compiler.ts";
import type { Outcome } from "../../src/run/outcome.ts";
import { prepare } from "../../src/run/prepare.ts";
import { runModule } from "../../src/run/python.ts";
import { python } from "../python.ts";
import "../ranks.ts";

/** Seconds that no rehearsal of a test takes, on however slow a machine. */
export const unlimited = 1e6;

const request = { steps: 2, layers: undefined };

interface How {
  readonly look?: (folder: string) => void;
  readonly seconds?: number;
  /** How many it is folded to at most. */
  readonly ranks?: number;
}

/** Rehearses a plan; `change` may spoil its bundle first, and `look` sees the folder before it goes. */
export async function rehearsal(
  checked: Checked | undefined,
  change?: (bundle: string) => void,
  { look = () => {}, seconds = unlimited, ranks = 8 }: How = {},
): Promise<Outcome> {
  if (checked === undefined) throw new Error("the plan has errors");
  const folder = mkdtempSync(join(tmpdir(), "planc-rehearsal-"));
  const bundle = join(folder, "bundle");
  try {
    if ((await prepare(nodeHost, checked, folder, { ...request, ranks, seconds })) === undefined)
      throw new Error("the mesh cannot be folded");
    change?.(bundle);
    const { status, stdout, stderr } = await runModule(python, bundle, "planc_runtime.rehearsal", [folder]);
    if (status !== 0) throw new Error(stderr);
    look(folder);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Puts text behind the first occurrence of some other in a file of a bundle. */
export function insert(file: string, after: string, text: string): (bundle: string) => void {
  return replace(file, after, `${after}${text}`);
}

/** Puts text in the place of the first occurrence of some other in a file of a bundle. */
export function replace(file: string, old: string, text: string): (bundle: string) => void {
  return (bundle) => {
    const source = readFileSync(`${bundle}/${file}`, "utf8");
    if (!source.includes(old)) throw new Error(`${file} has no ${old}`);
    writeFileSync(
      `${bundle}/${file}`,
      source.replace(old, () => text),
    );
  };
}
