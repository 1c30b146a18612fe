import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { bytes } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3050 = diagnostic("PLN3050", {
  severity: "error",
  messages: {
    default: text`ep_implementation ${"implementation"} cannot train adapters of experts: ${"why"}`,
  },
  help: "use planc, which multiplies with the adapters where the tokens are",
});

export const PLN3051 = diagnostic("PLN3051", {
  severity: "error",
  messages: {
    default: text`lora does not work with ${"axis"} ${"size"} yet: its adapters are not split over that axis`,
  },
  help: "use fsdp_size, ep_size and dp_replicate_size",
});

/** Who computes the experts has to know of their adapters, and every axis has to. */
export const loraMesh: Rule<ModelFacts> = {
  name: "lora-mesh",
  *check({ plan: { written, parallelism, lora, precision }, sizes, adapter }) {
    if (lora === undefined || adapter === undefined) return;
    for (const axis of ["tp_size", "pp_size"] as const) {
      if (sizes[axis] > 1) yield PLN3051(written.at(`parallelism.${axis}`), { axis, size: sizes[axis] });
    }
    const { ep_implementation: implementation } = parallelism;
    const ofExperts = adapter.pairs.filter(({ experts }) => experts !== null);
    if (implementation === "planc" || ofExperts.length === 0) return;
    const numbers = ofExperts.reduce(
      (sum, { of, layers }) => sum + of.shape.reduce((size, dim) => size * dim, layers?.length ?? 1),
      0,
    );
    const built = bytes(numbers * (precision.compute === "float32" ? 4 : 2));
    const why =
      sizes.ep_size > 1
        ? "PEFT adds them to sharded parameters, which stops in the first forward pass"
        : `PEFT builds W + B A of all experts, ${built} in each forward pass`;
    const location = written.at("parallelism.ep_implementation");
    yield PLN3050(location, { implementation, why }, { fixes: [replaceWith(location, "planc")] });
  },
};

export const pages = {
  PLN3050: {
    title: "adapters of experts need planc's dispatch",
    docs: `PEFT adapts stacked experts by building the sum of the parameter and the adapter's product. On shards of experts that stops in the first
forward pass (\`aten.baddbmm.default got mixed torch.Tensor and DTensor\`); where nothing is sharded over \`ep\` it builds all experts of a
layer anew each time. planc multiplies the rows that are there with the two small matrices.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_to_all }
lora: { r: 16, targets: [attention, experts] }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: planc }
lora: { r: 16, targets: [attention, experts] }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
  PLN3051: {
    title: "axis that adapters do not know",
    docs: `Adapters are trained over \`fsdp\`, \`ep\`, \`efsdp\` and \`dp_replicate\`. Over \`tp\` and \`pp\` they would have to be split as the layers are,
which bundles do not do yet.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 2, fsdp_size: 4, ep_size: 8 }
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "the engine's own dispatch",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_to_all }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ [61:71) PLN3050 ep_implementation all_to_all cannot train adapters of experts: PEFT adds them to sharded parameters, which stops in the first forward pass
#@   help: use planc, which multiplies with the adapters where the tokens are
#@   fix "change it to planc" -> PLN3031
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "without experts to dispatch",
    plan: `
parallelism: { ep_size: 1, fsdp_size: 8, ep_implementation: auto }
#@ [61:65) PLN3050 ep_implementation auto cannot train adapters of experts: PEFT builds W + B A of all experts, 54.0 GiB in each forward pass
#@   help: use planc, which multiplies with the adapters where the tokens are
#@   fix "change it to planc" -> fine
lora: { r: 16, targets: [experts] }
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "tensor parallelism",
    plan: `
parallelism: { tp_size: 2, fsdp_size: 4, ep_size: 8 }
#@ [25:26) PLN3051 lora does not work with tp_size 2 yet: its adapters are not split over that axis
#@   help: use fsdp_size, ep_size and dp_replicate_size
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "attention alone",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 8, ep_implementation: all_to_all }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
lora: { r: 16, targets: [attention] }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
