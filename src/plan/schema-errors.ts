import { capped } from "../diagnostics/capped.ts";
import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN1021, PLN1022, PLN1023 } from "../diagnostics/catalogue/language.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SchemaError } from "../generated/validate-plan.js";
import { type Path, showPath } from "../source/path.ts";
import { suggest } from "../text/suggest.ts";
import { isMapping, show } from "../text/values.ts";
import { andList } from "../text/words.ts";
import { expectation, valueFixes } from "./expectation.ts";
import type { Written } from "./plan.ts";
import { unknownKey } from "./unknown-key.ts";

/**
 * Says what the validator found, one message a place: the key or value, what is accepted, what was probably meant. At most so
 * many of each code in one mapping.
 */
export function explainSchemaErrors(errors: readonly SchemaError[], plan: unknown, written: Written): Diagnostic[] {
  const told = new Set<string>();
  const missing = missingKeys(errors);
  const found = errors.flatMap((error) => {
    if (error.keyword === "if" || error.keyword === "propertyNames") return [];
    const path = pathOf(error.instancePath, plan);
    const diagnostic = explain(error, path, valueAt(plan, path), missing.get(error.instancePath) ?? [], written);
    if (diagnostic === undefined) return [];
    const place = JSON.stringify(diagnostic.location) + (error.keyword === "required" ? "required" : "");
    if (told.has(place)) return [];
    told.add(place);
    const isOfKey = error.keyword === "additionalProperties" || error.propertyName !== undefined;
    const mapping = showPath(isOfKey ? path : path.slice(0, -1));
    return [{ diagnostic, kind: `${diagnostic.code} ${mapping}` }];
  });
  return capped(
    found,
    ({ diagnostic }) => diagnostic,
    ({ kind }) => kind,
  );
}

function explain(
  error: SchemaError,
  path: Path,
  value: unknown,
  missing: readonly string[],
  written: Written,
): Diagnostic | undefined {
  const related = written.via(path);
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(path, String(error.params["additionalProperty"]), isMapping(value) && value["kind"], written);
    case "required": {
      if (missing.length === 0) return undefined;
      const where = path.length === 0 ? "the plan" : showPath(path);
      const noun = missing.length === 1 ? "key" : "keys";
      return PLN1021(written.at(path, "key"), { where, noun, missing: andList(missing) }, { related });
    }
    case "pattern":
    case "minLength":
    case "maxLength":
      if (error.propertyName !== undefined) {
        const own = [...path, error.propertyName];
        const values = { path: showPath(path), key: JSON.stringify(error.propertyName) };
        return PLN1023(written.at(own, "key"), values, { variant: "key", related: written.via(own) });
      }
      break;
  }
  const place = written.at(path);
  const values = { path: showPath(path), expected: expectation(error, path), value: written.raw(path) ?? show(value) };
  const fixes = valueFixes(error, path, value, place);
  if (value === null) return PLN1022(written.at(path, "key"), values, { variant: "nothing", related });
  return error.keyword === "type"
    ? PLN1022(place, values, { fixes, related })
    : PLN1023(place, values, { fixes, related });
}

/**
 * Pointer to a mapping → the keys that it lacks. Where an unknown key of the same mapping was meant to be one of them, the
 * misspelling is the one mistake.
 */
function missingKeys(errors: readonly SchemaError[]): ReadonlyMap<string, readonly string[]> {
  const missing = new Map<string, Set<string>>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== "required") continue;
    const keys = missing.get(instancePath) ?? new Set();
    missing.set(instancePath, keys.add(String(params["missingProperty"])));
  }
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== "additionalProperties") continue;
    const keys = missing.get(instancePath);
    for (const key of keys ?? []) if (suggest(String(params["additionalProperty"]), [key]) === key) keys?.delete(key);
  }
  return new Map([...missing].map(([pointer, keys]) => [pointer, [...keys]]));
}

function valueAt(plan: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], plan);
}

/** A JSON pointer as a path; list indices become numbers where the document has a list. */
function pathOf(pointer: string, plan: unknown): Path {
  let value = plan;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string | number, unknown> | undefined)?.[step];
      return step;
    });
}

export const examples: Examples = {
  PLN1021: { wrong: { rest: "sections" } },
};

export const cases: readonly Case[] = [
  {
    name: "sections that have to be there",
    rest: "none",
    plan: `
# a plan
version: 1
#@ [01:11) PLN1021 the plan lacks the keys model, stack, cluster, parallelism and data
name: plan
`,
  },
  {
    name: "keys that have to be there: in a block, between braces, and of a mapping in them",
    rest: "sections",
    plan: `
model:
#@ [01:06) PLN1021 model lacks the key checkpoint
  config: config.json
cluster: { gpu: { name: mine }, nodes: 1 }
#@ [01:08) PLN1021 cluster lacks the key gpus_per_node
#@ [12:15) PLN1021 cluster.gpu lacks the key memory_gb
`,
  },
  {
    name: "what is wrong in a mapping that is reached through an alias",
    rest: "sections",
    plan: `
cluster: { <<: { env: &env { A: [x], 1B: x, nods: 1 } }, gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
#@ [30:31) PLN1020 unknown key A in model
#@   help: model takes config, checkpoint, revision, layout, tokenizer, tokenizer_revision and attn_implementation
#@   related 2:[08:12) reached through this alias
#@ [33:36) PLN1022 cluster.env.A takes text or a whole number, not ["x"]
#@ [38:40) PLN1020 unknown key 1B in model
#@   help: model takes config, checkpoint, revision, layout, tokenizer, tokenizer_revision and attn_implementation
#@   related 2:[08:12) reached through this alias
#@ [45:49) PLN1020 unknown key nods in model
#@   help: model takes config, checkpoint, revision, layout, tokenizer, tokenizer_revision and attn_implementation
#@   related 2:[08:12) reached through this alias
model: *env
#@ [01:06) PLN1021 model lacks the keys config and checkpoint
`,
  },
  {
    name: "a number in quotes",
    plan: `
parallelism: { ep_size: "4" }
#@ [25:28) PLN1022 parallelism.ep_size takes a whole number, not "4"
#@   fix "remove the quotes" -> fine
#@     - parallelism: { ep_size: "4" }
#@     + parallelism: { ep_size: 4 }
`,
  },
  {
    name: "a text without them",
    plan: `
name: 2026
#@ [07:11) PLN1022 name takes text, not 2026
#@   fix "put it in quotes" -> fine
#@     - name: 2026
#@     + name: "2026"
`,
  },
  {
    name: "values of another type",
    plan: `
parallelism: { ep_size: [4], fsdp_size: yes, tp_size: 1.5, base_model_ep_plan: [grouped_gemm] }
#@ [25:28) PLN1022 parallelism.ep_size takes a whole number, not [4]
#@ [41:44) PLN1022 parallelism.fsdp_size takes a whole number, not "yes"
#@ [55:58) PLN1022 parallelism.tp_size takes a whole number, not 1.5
#@ [80:94) PLN1023 parallelism.base_model_ep_plan takes "default" or a mapping of pattern: style, not ["grouped_gemm"]
name: true
#@ [07:11) PLN1022 name takes text, not true
cluster: { gpu: 8, nodes: four, gpus_per_node: 8, env: { A: [x] } }
#@ [17:18) PLN1022 cluster.gpu takes text or a mapping, not 8
#@ [27:31) PLN1022 cluster.nodes takes a whole number, not "four"
#@ [61:64) PLN1022 cluster.env.A takes text or a whole number, not ["x"]
data:
  path:
#@ [03:07) PLN1022 data.path takes text, not {"file":"/data/rows.parquet"}
    file: /data/rows.parquet
`,
  },
  {
    name: "a release that YAML reads as a number",
    plan: `
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16, accelerate: 1.15.0, torch: 2.15.0 }
#@ [42:46) PLN1022 stack.versions.trl takes text, not 1.16
#@   fix "put it in quotes" -> fine
#@     -   versions: { transformers: 5.23.0, trl: 1.16, accelerate: 1.15.0, torch: 2.15.0 }
#@     +   versions: { transformers: 5.23.0, trl: "1.16", accelerate: 1.15.0, torch: 2.15.0 }
`,
  },
  {
    name: "no values",
    plan: `
parallelism:
  ep_size:
#@ [03:10) PLN1022 parallelism.ep_size has no value; it takes a whole number
  fsdp_size: ~
#@ [03:12) PLN1022 parallelism.fsdp_size has no value; it takes a whole number
data: { path: , split: null }
#@ [09:13) PLN1022 data.path has no value; it takes text
#@ [17:22) PLN1022 data.split has no value; it takes text
`,
  },
  {
    name: "numbers out of their range, as they are written",
    plan: `
parallelism: { ep_size: 0, fsdp_size: 1e9, tp_size: -0 }
#@ [25:26) PLN1023 parallelism.ep_size takes at least 1, not 0
#@ [39:42) PLN1023 parallelism.fsdp_size takes at most 1048576, not 1e9
#@ [53:55) PLN1023 parallelism.tp_size takes at least 1, not -0
version: 2
#@ [10:11) PLN1023 version takes 1, not 2
`,
  },
  {
    name: "a word that is nearly one of those that the key takes",
    plan: `
precision: { compute: float16 }
#@ [23:30) PLN1023 precision.compute takes float32 or bfloat16, not "float16"
#@   fix "change it to bfloat16" -> fine
`,
  },
  {
    name: "words that are like none of them",
    plan: `
recompute: layer
#@ [12:17) PLN1023 recompute takes full, attention, experts or none, not "layer"
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: lsf } }
#@ [79:82) PLN1023 cluster.scheduler.kind takes local, skypilot, slurm, kubernetes or trainjob, not "lsf"
parallelism: { ep_size: 4, base_model_ep_plan: none }
#@ [48:52) PLN1023 parallelism.base_model_ep_plan takes "default" or a mapping of pattern: style, not "none"
`,
  },
  {
    name: "texts of another form",
    plan: `
name: a23456789.123456789.123456789.123456789.123456789.123456789.1234
#@ [07:71) PLN1023 name takes 1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit, not "a23456789.123456789.123456789.123456789.123456789.123456...
model: { config: "", checkpoint: org/model, revision: two words }
#@ [18:20) PLN1023 model.config takes text that is not empty, not ""
#@ [55:64) PLN1023 model.revision takes a commit, branch or tag name, not "two words"
export: { max_shard_size: 5 gigabytes }
#@ [27:38) PLN1023 export.max_shard_size takes a size such as "5GB", not "5 gigabytes"
stack: { engine: transformers, trainer: trl, versions: { transformers: ">=5", trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
#@ [72:77) PLN1023 stack.versions.transformers takes a release such as "5.24.0", not ">=5"
`,
  },
  {
    name: "no quantities of a resource",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    resources: { cpu: soon, memory: 900GB, "rdma/ib": -1 }
#@ [23:27) PLN1023 cluster.scheduler.resources.cpu takes a quantity such as 96, "500m" or "900Gi", not "soon"
#@ [37:42) PLN1023 cluster.scheduler.resources.memory takes a quantity such as 96, "500m" or "900Gi", not "900GB"
#@ [55:57) PLN1023 cluster.scheduler.resources."rdma/ib" takes at least 0, not -1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "what is no list, and what is none of its mappings",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    volumes: [{ claimName: Data, mountpath: data }, models]
#@ [28:32) PLN1023 cluster.scheduler.volumes[0].claimName takes lower-case letters, digits, '-' and '.', not "Data"
#@ [34:43) PLN1020 unknown key mountpath in cluster.scheduler.volumes[0]; did you mean mountPath?
#@   fix "write mountPath" -> PLN1022, PLN1023
#@ [53:59) PLN1022 cluster.scheduler.volumes[1] takes a mapping, not "models"
    imagePullSecrets: registry
#@ [23:31) PLN1022 cluster.scheduler.imagePullSecrets takes a list, not "registry"
    envFrom: ["two words"]
#@ [15:26) PLN1023 cluster.scheduler.envFrom[0] takes lower-case letters, digits, '-' and '.', not "two words"
`,
  },
  {
    name: "names that no variable has",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { A-B: x, "1C": y } }
#@ [67:70) PLN1023 "A-B" cannot be a key in cluster.env
#@ [75:79) PLN1023 "1C" cannot be a key in cluster.env
`,
  },
  {
    name: "the longest name, the smallest numbers",
    shows: "nothing",
    plan: `
name: a23456789.123456789.123456789.123456789.123456789.123456789.123
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { A_B1: 010 } }
parallelism: { ep_size: 1, tp_size: 1, dp_replicate_size: 1, pp_size: 1 }
`,
  },
];
