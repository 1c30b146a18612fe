import { cappedByCode } from "../diagnostics/capped.ts";
import type { Case } from "../diagnostics/case.ts";
import { PLN1025 } from "../diagnostics/catalogue/language.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Path, showPath } from "../source/path.ts";
import type { Written } from "./plan.ts";

const nul = /\0/;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Texts that YAML can spell with an escape and that nothing the job uses can hold: no path, command line, environment
 * variable or name on the Hub has a NUL in it, and half of a surrogate pair is no character of any encoding.
 */
export function unusableCharacters(value: unknown, written: Written): Diagnostic[] {
  return cappedByCode(unusable(value, written, []));
}

function* unusable(value: unknown, written: Written, path: Path): Iterable<Diagnostic> {
  if (typeof value === "string") yield* judge(value, written, path);
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, child] of Object.entries(value)) {
    const inner = [...path, isList ? Number(key) : key];
    if (!isList) yield* judge(key, written, inner, "key");
    yield* unusable(child, written, inner);
  }
}

function* judge(text: string, written: Written, path: Path, part: "key" | "value" = "value"): Iterable<Diagnostic> {
  const surrogate = loneSurrogate.exec(text)?.[0];
  if (surrogate === undefined && !nul.test(text)) return;
  const holder = part === "key" ? "the key " : "";
  const values = { path: `${holder}${showPath(path)}` };
  if (surrogate === undefined) yield PLN1025(written.at(path, part), values);
  else {
    const character = `\\u${surrogate.charCodeAt(0).toString(16)}`;
    yield PLN1025(written.at(path, part), { ...values, character }, { variant: "surrogate" });
  }
}

export const cases: readonly Case[] = [
  {
    name: "NUL in a path, in a list and in a key",
    plan: `
model: { config: config.json, checkpoint: "models/\\0x" }
#@ [43:55) PLN1025 model.checkpoint holds a NUL character, which no path, command line or environment variable can
#@   help: write the text without it
sft:
  label_names: [labels, "\\x00"]
#@ [25:31) PLN1025 sft.label_names[1] holds a NUL character, which no path, command line or environment variable can
#@   help: write the text without it
  use_liger_kernel: true
  liger_kernel_config:
    "a\\0": true
#@ [05:10) PLN1025 the key sft.liger_kernel_config."a\\u0000" holds a NUL character, which no path, command line or environment variable can
#@   help: write the text without it
`,
  },
  {
    name: "halves of surrogate pairs",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, activate: "/opt/\\ud800/activate", env: { A: "\\udc00\\ud800" } }
#@ [70:92) PLN1025 cluster.activate holds \\ud800, half of a surrogate pair, which is no character by itself
#@   help: write the text without it
#@ [104:118) PLN1025 cluster.env.A holds \\udc00, half of a surrogate pair, which is no character by itself
#@   help: write the text without it
`,
  },
  {
    name: "a whole pair, and other control characters",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, env: { A: "\\ud83d\\ude00 \\U0001F600" } }
`,
  },
];
