import { expect, test } from "vitest";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { marked, told } from "../markers.ts";
import { config } from "../plans.ts";

const source = String.raw`version: 1
name: test
model:
  config: config.json
  checkpoint: «"models/\0x"»
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  activate: «"/opt/\ud800/activate"»
  env: { A: «"a\0"», B: «"\udc00\ud800"», C: "\U0001F600" }
parallelism: { ep_size: 8 }
data:
  path: «"\x00"»
  split: "tr\u0001ain"
sft:
  max_length: 4096
  label_names: [labels, «"\ud83d"», "\ud83d\ude00"]
  use_liger_kernel: true
  liger_kernel_config: { «"\udfff"»: 1, deep: [{ a: «"\0"» }] }
`;

test("NUL and halves of surrogate pairs are refused where they stand, whole characters are not", async () => {
  const { text, ranges } = marked(source);
  const host = memoryHost({ "plan.yaml": text, "config.json": JSON.stringify(config("Qwen3-30B-A3B")) });
  const { value, diagnostics } = await compilePlan(host, "plan.yaml");
  expect(value).toBeUndefined();
  const nul = "holds a NUL character, which no path, command line or environment variable can";
  const half = (code: string) => `holds \\u${code}, half of a surrogate pair, which is no character by itself`;
  const what = [
    `model.checkpoint ${nul}`,
    `cluster.activate ${half("d800")}`,
    `cluster.env.A ${nul}`,
    `cluster.env.B ${half("dc00")}`,
    `data.path ${nul}`,
    `sft.label_names[1] ${half("d83d")}`,
    `the key sft.liger_kernel_config."\\udfff" ${half("dfff")}`,
    `sft.liger_kernel_config.deep[0].a ${nul}`,
  ];
  const found = told(diagnostics).sort((a, b) => a.range.start.line - b.range.start.line);
  expect(found).toEqual(what.map((message, index) => ({ what: `PLN1025 ${message}`, range: ranges[index] })));
});
