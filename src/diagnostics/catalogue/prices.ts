import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN5110 = diagnostic("PLN5110", {
  severity: "error",
  messages: {
    default: text`${"what"} takes ${"expected"}, not ${"value"}`,
    missing: text`${"what"} is missing: ${"expected"}`,
    key: text`unknown key ${"key"}; known are ${"known"}`,
    gpu: text`unknown GPU ${"gpu"}, whose memory and speed planc has no figures of; known are ${"known"}`,
    machines: text`${"gpus"} GPUs are no whole number of machines of ${"gpus_per_node"}`,
    twice: text`two offers are named ${"name"}`,
    empty: text`the price list has no offers`,
    many: text`the price list has ${"offers"} offers; at most ${"most"} are compared`,
  },
});

export const pages = {
  PLN5110: {
    title: "a price list that cannot be read",
    docs: `\`planc fit --prices FILE\` compares offers of GPUs. The file is YAML or JSON: a list of offers, or a mapping with \`offers\` and a
\`currency\`, which is printed as it is written. An offer has a \`name\`, the type of its \`gpu\` as a plan names it, how many \`gpus\` are
hired together, \`gpus_per_node\` where a machine has not 8 of them, and \`price_per_hour\` for all of them. Only GPUs of which planc has figures can
be compared.

\`\`\`yaml
currency: USD
offers:
  - { name: eight H100, gpu: h100-sxm-80gb, gpus: 8, price_per_hour: 20.0 }
  - { name: two H200, gpu: h200-sxm-141gb, gpus: 2, gpus_per_node: 2, price_per_hour: 7.0 }
\`\`\``,
  },
} satisfies Pages;
