import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import { replaceWith } from "../../diagnostics/diagnostic.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { worstLoad } from "../../estimate/rows.ts";
import type { MeshFacts } from "../../stack/facts.ts";

export const PLN5007 = diagnostic("PLN5007", {
  severity: "error",
  messages: {
    default: text`rank_load is ${"rank_load"}; a rank gets at most ${"most"} times its share of the assignments (ep_size ${"ep_size"}, ${"chosen"} experts a token)`,
    alone: text`rank_load is ${"rank_load"}, and without expert parallelism each rank computes its own assignments: it is 1`,
  },
});

/** A load that was measured on another mesh, or is that of an expert. */
export const rankLoad: Rule<MeshFacts> = {
  name: "rank-load",
  *check({ plan, model, sizes }) {
    const { rank_load } = plan.parallelism;
    const most = worstLoad({ ...model.sizes, ep_size: sizes.ep_size });
    if (rank_load === undefined || rank_load <= most) return;
    const location = plan.written.at("parallelism.rank_load");
    const help = "take rank_load, not expert_load, of the measured.json of a run with this ep_size, or leave it out";
    const fixes = [replaceWith(location, most)];
    if (sizes.ep_size === 1) yield PLN5007(location, { rank_load }, { variant: "alone", help, fixes });
    else {
      const values = { rank_load, most, ep_size: sizes.ep_size, chosen: model.sizes.num_experts_per_tok };
      yield PLN5007(location, values, { help, fixes });
    }
  },
};

export const pages = {
  PLN5007: {
    title: "a rank cannot get so many assignments",
    docs: `\`parallelism.rank_load\` is what the fullest rank of an ep group computes over the mean of its ranks. Where every token of
the group chooses the experts of one rank, that is \`ep_size\`, or less where a rank has fewer experts than a token chooses. More comes of a
run with another mesh, or of \`expert_load\`, which is the fullest expert's share and larger.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 5 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 1.3 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "more than all",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 5 }
#@ [53:54) PLN5007 rank_load is 5; a rank gets at most 4 times its share of the assignments (ep_size 4, 8 experts a token)
#@   help: take rank_load, not expert_load, of the measured.json of a run with this ep_size, or leave it out
#@   fix "change it to 4" -> fine
`,
  },
  {
    name: "ranks that compute their own",
    plan: `
parallelism: { ep_size: 1, fsdp_size: 8, rank_load: 1.2 }
#@ [53:56) PLN5007 rank_load is 1.2, and without expert parallelism each rank computes its own assignments: it is 1
#@   help: take rank_load, not expert_load, of the measured.json of a run with this ep_size, or leave it out
#@   fix "change it to 1" -> fine
`,
  },
  {
    name: "all that there can be",
    shows: "nothing",
    plan: `
cluster: { gpu: h200-sxm-141gb, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8, rank_load: 4 }
`,
  },
];
