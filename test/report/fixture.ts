/** The recorded run: scripts/record_run.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/root.ts";

const folder = join(root, "test/fixtures/report");

export const names = ["plan.lock.json", "measured.json", "checkpoint-40/trainer_state.json"] as const;

export type Name = (typeof names)[number];

export const texts = Object.fromEntries(
  names.map((name) => [name, readFileSync(join(folder, name), "utf8")]),
) as Readonly<Record<Name, string>>;

/** The run's folder as files of a host; with other texts, or without what is undefined. */
export function runFiles(changes: Readonly<Partial<Record<Name, string | undefined>>> = {}): Record<string, string> {
  const changed: Readonly<Record<string, string | undefined>> = { ...texts, ...changes };
  return Object.fromEntries(
    Object.entries(changed).flatMap(([name, text]) => (text === undefined ? [] : [[`run/${name}`, text]])),
  );
}

/** A record with keys replaced at its top. */
export function edited(name: Name, changes: object): string {
  return JSON.stringify({ ...JSON.parse(texts[name]), ...changes });
}
