import type { Case } from "../diagnostics/case.ts";
import { PLN1024 } from "../diagnostics/catalogue/language.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import { validatePlan } from "../generated/validate-plan.js";
import type { Host } from "../host.ts";
import { besides } from "../source/path.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { isMapping, show } from "../text/values.ts";
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
    findings.add(noMapping(own));
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
    else findings.add(noMapping(shared, `write the keys of ${section} into it, as they would stand below ${section}:`));
  }
  return mounted;
}

/** A file of comments alone holds nothing that could be pointed at. */
function noMapping({ file, value, at }: Source, help?: string): Diagnostic {
  const place = value === null ? fileStart(file) : at([]);
  return PLN1024(place, { file, value: show(value) }, help === undefined ? {} : { help });
}

export const cases: readonly Case[] = [
  {
    name: "comments alone",
    rest: "none",
    plan: `
# a plan
#@ [01:01) PLN1024 plan.yaml holds null, not a mapping of keys to values
#@   help: planc init writes a plan to start from

`,
  },
  {
    name: "a list below a comment",
    rest: "none",
    plan: `
# a plan
- version: 1
#@ [01:13) PLN1024 plan.yaml holds [{"version":1,"name":"plan"},{"name":"another"}], not a mapping of keys to values
#@   help: planc init writes a plan to start from
  name: plan
- name: another
`,
  },
  {
    name: "a text",
    rest: "none",
    plan: `
plans/qwen3-ep8.yaml
#@ [01:21) PLN1024 plan.yaml holds "plans/qwen3-ep8.yaml", not a mapping of keys to values
#@   help: planc init writes a plan to start from
`,
  },
  {
    name: "a shared section that is a list",
    plan: `
cluster: shared.yaml
#@ shared.yaml 1:[01:22) | «[h100-sxm-80gb, 1, 8]» | PLN1024 shared.yaml holds ["h100-sxm-80gb",1,8], not a mapping of keys to values
#@   help: write the keys of cluster into it, as they would stand below cluster:
`,
    files: { "shared.yaml": "[h100-sxm-80gb, 1, 8]\n" },
  },
  {
    name: "a shared section that names another file",
    plan: `
parallelism: shared.yaml
#@ shared.yaml 1:[01:11) | «other.yaml» | PLN1024 shared.yaml holds "other.yaml", not a mapping of keys to values
#@   help: write the keys of parallelism into it, as they would stand below parallelism:
`,
    files: { "shared.yaml": "other.yaml\n" },
  },
  {
    name: "a shared section that is a mapping",
    shows: "nothing",
    plan: `
parallelism: shared.yaml
`,
    files: { "shared.yaml": "ep_size: 4\nfsdp_size: 8\n" },
  },
];
