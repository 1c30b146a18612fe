import { islandSize, islandsOf, wayAcross } from "../../cluster/links.ts";
import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { bytesOf, neededBytes, stateBytes } from "../../estimate/memory.ts";
import { replicatedAcross, shardedAcross } from "../../estimate/traffic.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes } from "../../text/words.ts";

export const PLN5064 = diagnostic("PLN5064", {
  severity: "warning",
  messages: {
    default: text`shards over ${"islands"} machines send ${"sharded"} through each GPU's network card in a step${"seconds"}; with fsdp_size ${"fsdp_size"} and dp_replicate_size ${"dp_replicate_size"} it is ${"replicated"}`,
  },
});

/** What a step may take of a GPU so that its rank surely has room for more of the states. */
const roomy = 0.7;

/** Shards inside machines, replicas over them: fewer bytes cross where gradients are summed in a narrow format. */
export const shardsSpread: Rule<MeshFacts> = {
  name: "shards-spread",
  *check({ plan, cluster, mesh, memory, sizes, model, rows }) {
    const fsdp = mesh.dense.find(({ name }) => name === "fsdp");
    if (fsdp === undefined) return;
    const islands = islandsOf(fsdp, cluster);
    const island = islandSize(cluster);
    const within = island / sizes.tp_size;
    // Where groups of experts are spread already, or shards end inside a machine, there is no such way.
    if (islands === 1 || within % 1 !== 0 || sizes.fsdp_size % within !== 0 || island % sizes.ep_size !== 0) return;
    const more = sizes.fsdp_size / within;
    if (neededBytes(memory) + stateBytes(memory) * (more - 1) > roomy * cluster.gpu.memory) return;
    const { compute, reduce } = plan.precision;
    const format = { compute: bytesOf[compute], reduce: bytesOf[reduce] };
    const of = (traffic: typeof shardedAcross) => {
      const { gathered, reduced } = traffic(model.totals.total, format, islands, island);
      return (gathered + reduced) * rows.gradient_accumulation_steps;
    };
    const [sharded, replicated] = [of(shardedAcross), of(replicatedAcross)];
    if (replicated >= sharded) return;
    const { rate } = wayAcross(cluster);
    const seconds = (sent: number) => (rate === undefined ? "" : `, ${(sent / (rate * 1e9)).toPrecision(2)} s`);
    yield PLN5064(
      plan.written.at("parallelism.fsdp_size"),
      {
        islands,
        sharded: bytes(sharded),
        seconds: rate === undefined ? "" : `${seconds(sharded)} at ${rate} GB/s`,
        fsdp_size: within,
        dp_replicate_size: sizes.dp_replicate_size * more,
        replicated: bytes(replicated) + seconds(replicated),
      },
      { help: `a rank would hold ${bytes(stateBytes(memory) * more)} in place of ${bytes(stateBytes(memory))}` },
    );
  },
};

export const pages = {
  PLN5064: {
    title: "shards on several machines that would fit on one",
    docs: `Parameters that are sharded over several machines are gathered over the network for every forward and every backward pass, and
their gradients summed over it. Sharded inside each machine and repeated on the others (\`dp_replicate_size\`), gradients alone cross. That
takes more memory on each rank, and is offered only where it fits with room to spare.

With \`compute: bfloat16\` and \`reduce: float32\`, the default, both ways send the same number of bytes, and nothing is
said. Gradients that are summed in bfloat16, or parameters
that are gathered in float32, make the difference.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 16 }
precision: { parameters: bfloat16, compute: bfloat16, reduce: bfloat16 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8, dp_replicate_size: 2 }
precision: { parameters: bfloat16, compute: bfloat16, reduce: bfloat16 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "gradients summed in bfloat16",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 16 }
#@ [39:41) PLN5064 warning: shards over 2 machines send 10.7 GiB through each GPU's network card in a step, 0.23 s at 50 GB/s; with fsdp_size 8 and dp_replicate_size 2 it is 7.1 GiB, 0.15 s
#@   help: a rank would hold 28.4 GiB in place of 14.2 GiB
recompute: full
precision: { parameters: bfloat16, compute: bfloat16, reduce: bfloat16 }
#@ [26:34) PLN4041 warning: bfloat16 parameters take 8 bytes a parameter instead of 16, but each update is rounded to 8 bits and gradients are summed in bfloat16: changes below 1/256 of a value are lost
#@   help: write parameters: float32 if the states fit the GPUs
`,
  },
  {
    name: "a GPU whose links nobody knows, and several micro-batches",
    plan: `
cluster: { gpu: { name: my-gpu, memory_gb: 141 }, nodes: 4, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 32 }
#@ [39:41) PLN5064 warning: shards over 4 machines send 64.0 GiB through each GPU's network card in a step; with fsdp_size 8 and dp_replicate_size 4 it is 42.7 GiB
#@   help: a rank would hold 28.4 GiB in place of 7.1 GiB
recompute: full
precision: { parameters: bfloat16, compute: bfloat16, reduce: bfloat16 }
#@ [26:34) PLN4041 warning: bfloat16 parameters take 8 bytes a parameter instead of 16, but each update is rounded to 8 bits and gradients are summed in bfloat16: changes below 1/256 of a value are lost
#@   help: write parameters: float32 if the states fit the GPUs
sft: { gradient_accumulation_steps: 4 }
`,
  },
  {
    name: "gradients summed in float32 cross with as many bytes either way",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 16 }
`,
  },
  {
    name: "states of a machine that would leave too little of its GPUs",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 16 }
precision: { parameters: float32, compute: float32, reduce: float32 }
#@ [44:51) PLN4042 warning: compute float32 leaves the bfloat16 units of the GPU unused and takes 16 bytes a parameter all the same
#@   help: write compute: bfloat16
`,
  },
];
