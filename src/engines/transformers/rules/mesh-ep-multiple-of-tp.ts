import type { Rule } from "../../../check/rule.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { epSizeAdvice, epSizeAt } from "./ep-size-advice.ts";

/** A tensor-parallel group shares one batch, so an EP group must hold whole ones. */
export const epMultipleOfTp: Rule<ModelFacts> = {
  name: "mesh-ep-multiple-of-tp",
  *check(facts) {
    const { ep_size, tp_size } = facts.sizes;
    if (ep_size === 1 || ep_size % tp_size === 0) return;
    yield report(
      "PLN3003",
      epSizeAt(facts),
      { ep_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [{ message: `tp_size is ${tp_size} here`, location: facts.plan.written.at("parallelism.tp_size") }],
      },
    );
  },
};

export const cases: readonly Case[] = [
  {
    name: "ep 2 below tp 4",
    plan: `
parallelism: { ep_size: 2, fsdp_size: 2, tp_size: 4 }
#@ [25:26) PLN3003 ep_size 2 is not a multiple of tp_size 4
#@   help: legal ep_size here: 1, 4 or 8
#@   related 1:[51:52) tp_size is 4 here
#@   fix "change it to 4" -> fine
`,
  },
  {
    name: "a multiple",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 4, tp_size: 2 }
`,
  },
];
