import { entries, text } from "../entry.ts";

export const precision = entries({
  PLN4040: {
    severity: "error",
    title: "precision that the stack cannot do",
    messages: {
      default: text`precision ${"combination"} does not exist in transformers ${"release"}: ${"why"}`,
    },
    help: "parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16",
    docs: `The engine has one switch for mixed precision: parameters are cast to bfloat16 for computing, and gradients are
summed in float32. Without it everything happens in the format of the parameters. So there are four combinations:

| parameters | compute | reduce | bytes a parameter with AdamW |
| --- | --- | --- | --- |
| float32 | bfloat16 | float32 | 16 |
| float32 | float32 | float32 | 16, slow |
| bfloat16 | bfloat16 | float32 | 8, updates rounded |
| bfloat16 | bfloat16 | bfloat16 | 8, updates and sums rounded |

Wrong:

\`\`\`yaml
precision: { parameters: bfloat16, compute: float32, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
  PLN4041: {
    severity: "warning",
    title: "updates rounded to bfloat16",
    messages: {
      default: text`bfloat16 parameters take ${"bytes"} bytes a parameter instead of ${"instead"}, but each update is rounded to 8 bits: changes below 1/256 of a value are lost`,
      sums: text`bfloat16 parameters take ${"bytes"} bytes a parameter instead of ${"instead"}, but each update is rounded to 8 bits and gradients are summed in bfloat16: changes below 1/256 of a value are lost`,
    },
    help: "write parameters: float32 if the states fit the GPUs",
    docs: `The optimizer updates the parameters in their own format. bfloat16 has 8 bits of precision: an update that is smaller
than 1/256 of the value, which most are at fine-tuning learning rates, leaves it as it was. The optimizer's states are
rounded as well.

Wrong, when the memory for more is there:

\`\`\`yaml
precision: { parameters: bfloat16, compute: bfloat16, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
  PLN4042: {
    severity: "warning",
    title: "float32 matrix products",
    messages: {
      default: text`compute float32 leaves the bfloat16 units of the GPU unused and takes ${"bytes"} bytes a parameter all the same`,
    },
    help: "write compute: bfloat16",
    docs: `Matrix products in float32 run at a tenth of the speed of bfloat16 or less on the GPUs that train such models. It is
right for comparing numbers, not for training.

Wrong:

\`\`\`yaml
precision: { parameters: float32, compute: float32, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
  PLN4043: {
    severity: "warning",
    title: "experts that run in float32",
    messages: {
      default: text`compute bfloat16 does not reach the experts: with fsdp_size ${"fsdp_size"} and dp_replicate_size ${"dp_replicate_size"} nothing casts them, and their grouped matrix products run in float32`,
    },
    help: "write parameters: bfloat16, or shard over fsdp_size",
    docs: `float32 parameters are computed in bfloat16 by two things: FSDP casts what it gathers, and autocast casts the inputs
of ordinary matrix products. Grouped matrix products, the experts', are not autocast. Where no FSDP axis is larger
than 1, the experts therefore run in float32, at a fraction of the speed, without a message.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 1, tp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
});
