import { runtimeFiles } from "../generated/templates.js";
import type { EmittedFile } from "../host.ts";
import { filesNamedIn, filesOf } from "./modules.ts";

/** What a bundle can be asked for whatever its steps are: by hand, by the README, by planc itself. */
export const byHand = [
  "planc_runtime.bench",
  "planc_runtime.bench.calibration",
  "planc_runtime.data",
  "planc_runtime.export",
  "planc_runtime.preflight.stack",
  "planc_runtime.rehearsal",
] as const;

/** The same where the plan trains adapters: what imports PEFT, which no other plan needs. */
export const byHandWithAdapters = [...byHand, "planc_runtime.bench.adapters"] as const;

const numbers = new Map(runtimeFiles.map(({ path }, number) => [path, number]));

/** The files of `planc_runtime/` that programs reach, and what is run by name, with all that those import in turn. */
export function runtimeFor(programs: readonly EmittedFile[], names: readonly string[]): EmittedFile[] {
  const isThere = (path: string) => numbers.has(path);
  const roots = [
    ...programs.flatMap(({ path, content }) => filesNamedIn(path, content, isThere)),
    ...names.flatMap((module) => filesOf({ module, isRun: true })).filter(isThere),
  ];
  const reached = new Set<number>();
  const waiting = roots.map((path) => numbers.get(path) ?? 0);
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (reached.has(number)) continue;
    reached.add(number);
    waiting.push(...(runtimeFiles[number]?.reaches ?? []));
  }
  return runtimeFiles.filter((_, number) => reached.has(number)).map(({ path, content }) => ({ path, content }));
}
