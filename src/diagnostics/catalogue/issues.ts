import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN4070 = diagnostic("PLN4070", {
  severity: "error",
  messages: { default: text`${"release"}: ${"symptom"}` },
});

export const pages = {
  PLN4070: {
    title: "known issue of the stack",
    docs: `Something that is known to be wrong with a release of the stack, and that this plan would meet: results that are wrong
without a word, a job that waits for ever, or one that ends in an error after it was queued. \`planc issues\` lists all of them,
\`planc issues PLAN\` those of a plan, with the releases that have them and where they were reported.

Wrong, with a config.json that has a router_aux_loss_coef:

\`\`\`yaml
sft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1 }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1, router_aux_loss_coef: 0.0 }
\`\`\``,
  },
} satisfies Pages;
