import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { loadingTime, pace } from "../../../estimate/storage.ts";
import { optionAt } from "../../../plan/task.ts";
import { count } from "../../../text/words.ts";
import type { MeshFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";
import { longEnough } from "../options/long-enough.ts";

export const PLN5066 = diagnostic("PLN5066", {
  severity: "warning",
  messages: {
    default: text`ranks wait ${"timeout"} s for each other (ddp_timeout), and a machine may take ${"seconds"} s to read the ${"size"} GB of the checkpoint, at ${"pace"} GB/s`,
  },
});

/** Ranks load at their own pace and meet in the first collective; whoever waits longer than the timeout ends the job. */
export const groupTimeout: Rule<MeshFacts> = {
  name: "group-timeout",
  *check({ plan, task, model, cluster }) {
    const timeout = optionValue({ plan, task }, "ddp_timeout");
    if (typeof timeout !== "number" || cluster.world_size === 1) return;
    const { size, seconds } = loadingTime(model);
    if (timeout >= seconds) return;
    const values = { timeout: count(timeout), seconds: count(seconds), size: count(Math.round(size / 1e9)), pace };
    const help = `write ddp_timeout: ${longEnough(seconds)}`;
    yield PLN5066(optionAt(plan, "ddp_timeout"), values, { help });
  },
};

export const pages = {
  PLN5066: {
    title: "a timeout shorter than loading",
    docs: `Ranks read their parts of the checkpoint at the pace of their machine's file system, which differs from one to the next, and meet in
the first collective. A rank that waits there for longer than \`ddp_timeout\` seconds ends the job, with a message about NCCL.

Planned with is half a GB/s for each machine: what a network file system gives on a bad day. On a faster one the warning can be left
alone.

Wrong:

\`\`\`yaml
sft: { ddp_timeout: 60 }
\`\`\`

Right:

\`\`\`yaml
sft: { ddp_timeout: 1800 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a minute for 61 GB",
    plan: `
sft: { ddp_timeout: 60 }
#@ [21:23) PLN5066 warning: ranks wait 60 s for each other (ddp_timeout), and a machine may take 123 s to read the 61 GB of the checkpoint, at 0.5 GB/s
#@   help: write ddp_timeout: 600
`,
  },
  {
    name: "the trainer's half hour for a larger model",
    plan: `
cluster: { gpu: h200-sxm-141gb, nodes: 64, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 128, dp_replicate_size: 4 }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
#@ rest | «sft» | PLN5066 warning: ranks wait 1,800 s for each other (ddp_timeout), and a machine may take 3,099 s to read the 1,549 GB of the checkpoint, at 0.5 GB/s
#@   help: write ddp_timeout: 3600
`,
    config: { with: { num_experts: 640, moe_intermediate_size: 4096 } },
  },
  {
    name: "just as long as it may take",
    shows: "nothing",
    plan: `
sft: { ddp_timeout: 123 }
`,
  },
];
