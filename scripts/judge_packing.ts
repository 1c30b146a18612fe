/**
 * Judges with an installed release whether the documents of a packed row see each other, family by family, and writes what
 * it found: src/engines/transformers/releases/MINOR/documents.json. `judge_packing.py` says what a verdict means.
 *
 *     PYTHON=.venv/bin/python npx tsx scripts/judge_packing.ts
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { saving, tinyConfigs } from "../test/convert/tiny-configs.ts";
import { parityConfig, parityFamilies } from "../test/runtime/parity-configs.ts";
import { root } from "./root.ts";

const releases = `${root}src/engines/transformers/releases`;
const implementations = ["eager", "sdpa", "flash_attention_2", "flex_attention"];

/** What the tiny configs leave out: layers that carry a state along a row, a sliding window. */
const added: Readonly<Record<string, object>> = {
  nemotron_h: { layers_block_type: ["mamba", "attention", "moe"] },
  granitemoehybrid: { layer_types: ["mamba", "attention", "mamba"] },
  step3p7: { sliding_window: 5, layer_types: ["full_attention", "sliding_attention", "full_attention"] },
};

/** A config, or the text model's in it, with what was left out. */
function whole(type: string, config: Readonly<Record<string, unknown>>): object {
  const text = config["text_config"];
  const isNested = typeof text === "object" && text !== null;
  return isNested ? { ...config, text_config: { ...text, ...added[type] } } : { ...config, ...added[type] };
}

const families = Object.fromEntries([
  ...tinyConfigs.map(([type, config]) => [
    type,
    { config: whole(type, config), architecture: saving[type]?.architecture },
  ]),
  ...parityFamilies.map((type) => [type, { config: whole(type, parityConfig(type)) }]),
]);
const { status, stdout } = spawnSync(process.env["PYTHON"] ?? "python3", [`${root}scripts/judge_packing.py`], {
  input: JSON.stringify({ implementations, families }),
  encoding: "utf8",
  stdio: ["pipe", "pipe", "inherit"],
});
if (status !== 0) process.exit(1);
const found: { transformers: string; torch: string; families: Record<string, Record<string, string>> } =
  JSON.parse(stdout);
const rows = Object.entries(found.families)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([type, verdicts]) => {
    const pairs = Object.entries(verdicts).map(
      ([name, verdict]) => `${JSON.stringify(name)}: ${JSON.stringify(verdict)}`,
    );
    return `    ${JSON.stringify(type)}: { ${pairs.join(", ")} }`;
  });
const head = [`  "transformers": "${found.transformers}",`, `  "torch": "${found.torch}",`].join("\n");
const folder = `${releases}/${found.transformers.split(".").slice(0, 2).join(".")}`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/documents.json`, `{\n${head}\n  "families": {\n${rows.join(",\n")}\n  }\n}\n`);
