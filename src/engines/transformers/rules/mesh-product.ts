import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Fix, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { MeshSizes } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3001 = diagnostic("PLN3001", {
  severity: "error",
  messages: {
    default: text`${"factors"} = ${"product"} ranks, but the cluster has ${"nodes"} * ${"gpus_per_node"} = ${"world_size"} GPUs`,
  },
});

const factors = ["pp_size", "dp_replicate_size", "fsdp_size", "tp_size"] as const;

/** The ranks that the sizes make. */
export function product(sizes: MeshSizes): number {
  return factors.reduce((ranks, factor) => ranks * sizes[factor], 1);
}

export function productFits(sizes: MeshSizes): boolean {
  return product(sizes) === sizes.world_size;
}

/** The sizes must make exactly as many ranks as the cluster has GPUs. */
export const meshProduct: Rule<ModelFacts> = {
  name: "mesh-product",
  *check({ plan, cluster, sizes }) {
    if (productFits(sizes)) return;
    const at = (["fsdp_size", "dp_replicate_size", "tp_size", "pp_size"] as const).find((factor) =>
      plan.written.has(`parallelism.${factor}`),
    );
    const location = plan.written.at(at === undefined ? "parallelism" : `parallelism.${at}`);
    const others = product(sizes) / sizes.fsdp_size;
    const fitting = sizes.world_size / others;
    const fixes: Fix[] = [];
    let help = `the other sizes make ${others}, which does not divide ${sizes.world_size} GPUs: change one of them`;
    if (Number.isInteger(fitting)) {
      help = `fsdp_size ${fitting} fits: ${sizes.world_size} / ${others}; or leave fsdp_size out and it is inferred`;
      if (at === "fsdp_size") fixes.push(replaceWith(location, fitting));
    }
    yield PLN3001(
      location,
      {
        factors: factors.map((factor) => `${factor} ${sizes[factor]}`).join(" * "),
        product: product(sizes),
        nodes: cluster.nodes,
        gpus_per_node: cluster.gpus_per_node,
        world_size: sizes.world_size,
      },
      {
        help,
        fixes,
        related: [
          {
            message: `${cluster.nodes} * ${cluster.gpus_per_node} GPUs`,
            location: plan.written.at("cluster.gpus_per_node"),
          },
        ],
      },
    );
  },
};

export const pages = {
  PLN3001: {
    title: "mesh does not cover the cluster",
    docs: `Every GPU is one rank, and the ranks are \`pp_size * dp_replicate_size * fsdp_size * tp_size\`. \`ep_size\` is not a factor: experts
are another view of the same ranks. Leave \`fsdp_size\` out and planc infers it.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 16 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "16 GPUs for 8 ranks: fsdp_size can make it up",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8 }
#@ [39:40) PLN3001 pp_size 1 * dp_replicate_size 1 * fsdp_size 8 * tp_size 1 = 8 ranks, but the cluster has 2 * 8 = 16 GPUs
#@   help: fsdp_size 16 fits: 16 / 1; or leave fsdp_size out and it is inferred
#@   related 1:[57:58) 2 * 8 GPUs
#@   fix "change it to 16" -> fine
`,
  },
  {
    name: "the size that is there is pointed at, and nothing that is not written is changed",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
parallelism: { tp_size: 3 }
#@ [25:26) PLN3001 pp_size 1 * dp_replicate_size 1 * fsdp_size 2 * tp_size 3 = 6 ranks, but the cluster has 1 * 8 = 8 GPUs
#@   help: the other sizes make 3, which does not divide 8 GPUs: change one of them
#@   related 1:[57:58) 1 * 8 GPUs
`,
  },
  {
    name: "the other sizes leave no whole number",
    plan: `
parallelism:
  ep_size: 4
  fsdp_size: 4
#@ [14:15) PLN3001 pp_size 1 * dp_replicate_size 3 * fsdp_size 4 * tp_size 1 = 12 ranks, but the cluster has 1 * 8 = 8 GPUs
#@   help: the other sizes make 3, which does not divide 8 GPUs: change one of them
#@   related rest | cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: «8» } | 1 * 8 GPUs
  dp_replicate_size: 3
`,
  },
  {
    name: "sizes that fit",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 4, dp_replicate_size: 2, tp_size: 2 }
`,
  },
];
