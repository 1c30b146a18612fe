import { PLN1024 } from "../diagnostics/catalogue/language.ts";
import { Findings, type Result } from "../diagnostics/diagnostic.ts";
import { validatePlan } from "../generated/validate-plan.js";
import type { Host } from "../host.ts";
import { besides } from "../source/path.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { isMapping } from "../text/mapping.ts";
import { show } from "../text/show.ts";
import { unusableCharacters } from "./characters.ts";
import { type MountedPlan, resolve } from "./defaults.ts";
import type { Plan } from "./plan.ts";
import { explainSchemaErrors } from "./schema-errors.ts";
import { writtenIn } from "./written.ts";

/** Sections that may be a path to a file of their own, so that plans can share them. */
const sharable = ["model", "cluster", "parallelism"] as const;

/** Reads a plan and the shared files that it names, checks them against the schema and fills in the defaults. */
export function readPlan(host: Host, file: string): Result<Plan> {
  const findings = new Findings();
  const own = findings.take(readSource(host, file, "yaml"));
  if (own === undefined) return { value: undefined, diagnostics: findings.all };
  if (!isMapping(own.value)) {
    findings.add(PLN1024(fileStart(file), { file, value: show(own.value) }));
    return { value: undefined, diagnostics: findings.all };
  }
  const mounted = mount(host, own, own.value, findings);
  if (!findings.ok) return { value: undefined, diagnostics: findings.all };
  const written = writtenIn(own, mounted);
  const value = { ...own.value, ...Object.fromEntries([...mounted].map(([name, source]) => [name, source.value])) };
  if (!validatePlan(value)) findings.add(...explainSchemaErrors(validatePlan.errors ?? [], value, written));
  findings.add(...unusableCharacters(value, written));
  if (!findings.ok) return { value: undefined, diagnostics: findings.all };
  return { value: resolve(value as unknown as MountedPlan, written), diagnostics: findings.all };
}

function mount(
  host: Host,
  own: Source,
  plan: Readonly<Record<string, unknown>>,
  findings: Findings,
): Map<string, Source> {
  const mounted = new Map<string, Source>();
  for (const section of sharable) {
    const path = plan[section];
    if (typeof path !== "string" || path === "") continue;
    const blame = own.at([section]);
    const shared = findings.take(readSource(host, besides(own.file, path), "yaml", blame));
    if (shared === undefined) continue;
    if (isMapping(shared.value)) mounted.set(section, shared);
    else findings.add(PLN1024(fileStart(shared.file), { file: shared.file, value: show(shared.value) }));
  }
  return mounted;
}
