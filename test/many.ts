import { readFileSync } from "node:fs";
import { root } from "../scripts/root.ts";

const reference = readFileSync(`${root}plans/qwen3-ep8.yaml`, "utf8").replace(/config: .*/, "config: config.json");

function many(count: number, line: (index: number) => string, between = ""): string {
  return Array.from({ length: count }, (_, index) => line(index)).join(between);
}

/** The reference plan with lines below one of its keys. */
function below(key: string, lines: string): string {
  return reference.replace(new RegExp(`(^ *${key}:).*\n`, "m"), (_, start) => `${start}\n${lines}`);
}

/** Beside what the section holds. */
function inSection(section: string, lines: string): string {
  return reference.replace(`${section}:\n`, (start) => start + lines);
}

/** Plans of so many mistakes, or only of so many lines. */
export const manyMistakes = {
  "unknown keys": (n: number) => reference + many(n, (i) => `key_${i}: ${i}\n`),
  "unknown keys of a section": (n: number) =>
    inSection(
      "parallelism",
      many(n, (i) => `  key_${i}: ${i}\n`),
    ),
  "unknown options": (n: number) =>
    inSection(
      "sft",
      many(n, (i) => `  key_${i}: ${i}\n`),
    ),
  "options that are nearly one": (n: number) =>
    inSection(
      "sft",
      many(n, (i) => `  max_steps_${i}: 1\n`),
    ),
  "keys of an option": (n: number) =>
    inSection("sft", `  accelerator_config:\n${many(n, (i) => `    key_${i}: ${i}\n`)}`),
  variables: (n: number) => inSection("cluster", `  env:\n${many(n, (i) => `    KEY_${i}: ${i}\n`)}`),
  "values of variables": (n: number) => inSection("cluster", `  env:\n${many(n, (i) => `    KEY_${i}: [1]\n`)}`),
  "characters that nothing can hold": (n: number) =>
    inSection("cluster", `  env:\n${many(n, (i) => `    KEY_${i}: "\\0"\n`)}`),
  "expert rules": (n: number) =>
    below(
      "base_model_ep_plan",
      many(n, (i) => `    layers.*.x${i}: grouped_gemm\n`),
    ),
  styles: (n: number) =>
    below(
      "base_model_ep_plan",
      many(n, (i) => `    layers.${i}.mlp.experts: x${i}\n`),
    ),
  documents: (n: number) => reference + many(n, () => "---\na: 1\n"),
  anchors: (n: number) => reference + many(n, (i) => `key_${i}: &a${i} 1\n`),
  aliases: (n: number) =>
    inSection("cluster", `  env:\n${many(n, (i) => `    KEY_${i}: ${i % 2 === 0 ? `&a${i} x` : `*a${i - 1}`}\n`)}`),
  "merges of mappings": (n: number) =>
    inSection("cluster", `  env:\n    <<: [${many(n, (i) => `{ KEY_${i}: 1 }`, ", ")}]\n`),
  "mappings that merge the one before": (n: number) =>
    reference + many(n, (i) => `key_${i}: &a${i} { ${i === 0 ? "" : `<<: *a${i - 1}, `}x${i}: 1 }\n`),
  "merges of a large mapping": (n: number) =>
    `${reference}large: &a { ${many(n, (i) => `x${i}: 1`, ", ")} }\n${many(900, (i) => `key_${i}: { <<: *a }\n`)}`,
  "keys written twice": (n: number) => reference + many(n, (i) => `key_${i >> 1}: ${i}\n`),
  "keys on one line": (n: number) => `{ ${many(n, (i) => `key_${i}: ${i}`, ", ")} }\n`,
} as const satisfies Readonly<Record<string, (count: number) => string>>;
