import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN4085 = diagnostic("PLN4085", {
  severity: "error",
  messages: { default: text`dpo does not work ${"where"}: ${"why"}` },
});

/** Plans on which preference training was not compared with one process, or cannot work. */
export const preferences: Rule<ModelFacts> = {
  name: "preferences",
  *check({ plan, model }) {
    if (plan.task !== "dpo") return;
    const at = plan.written.at.bind(plan.written);
    if (plan.parallelism.tp_size > 1) {
      const values = {
        where: "with tp_size above 1",
        why: "its losses and rewards were not compared with one process",
      };
      yield PLN4085(at("parallelism.tp_size"), values, { help: "write tp_size: 1" });
    }
    if (model.towers.length > 0) {
      const where = `with ${model.model_type}, a model of several parts`;
      const values = { where, why: "its losses and rewards were not compared with one process" };
      yield PLN4085(at("model.config"), values, { help: "train it with sft, or take a model of text alone" });
    }
  },
};

export const pages = {
  PLN4085: {
    title: "preference training that does not work here",
    docs: `Preference training compares the model that is trained with a frozen one. planc lets through what was compared with one
process, loss, rewards and gradients: language models that are trained as a whole, or adapters of them, over
\`dp_replicate_size\`, \`fsdp_size\` and \`ep_size\`.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 4, tp_size: 2 }
dpo: { beta: 0.1 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
dpo: { beta: 0.1 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "tensor parallelism",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 4, tp_size: 2 }
#@ [51:52) PLN4085 dpo does not work with tp_size above 1: its losses and rewards were not compared with one process
#@   help: write tp_size: 1
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "a model that sees",
    config: "Qwen3-VL-30B-A3B-Instruct",
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
#@ rest | model: { config: «config.json», checkpoint: /checkpoints/model } | PLN4085 dpo does not work with qwen3_vl_moe, a model of several parts: its losses and rewards were not compared with one process
#@   help: train it with sft, or take a model of text alone
`,
  },
  {
    name: "adapters",
    shows: "nothing",
    plan: `
lora: { r: 16, targets: [attention, experts] }
dpo: { max_length: 2048, per_device_train_batch_size: 1, learning_rate: 1.0e-4 }
`,
  },
];
