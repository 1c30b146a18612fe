import { checkPlan } from "../../compiler.ts";
import { dot } from "../../graph/formats/dot.ts";
import type { GraphName } from "../../graph/formats/format.ts";
import { json } from "../../graph/formats/json.ts";
import { mermaid } from "../../graph/formats/mermaid.ts";
import { lower } from "../../graph/lower.ts";
import type { Command } from "../arguments.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { judgePlan } from "../judge.ts";
import { planOf } from "../plans.ts";

const formats = { mermaid, dot, json } as const;
const names: readonly GraphName[] = ["tensors", "steps"];

export const graph: Command = {
  options: {
    format: { type: "string", values: Object.keys(formats) },
    only: { type: "string", values: names },
  },
  help: `Usage: planc graph PLAN

Draws the program of a plan: how the checkpoint's tensors become each rank's parameters, and the steps of the job. A node
stands for a pattern over layers and experts.

Options:
  --format mermaid      For Markdown (default)
  --format dot          For Graphviz
  --format json         For programs
  --only GRAPH          tensors or steps

Exit codes: 0 fine, 1 the plan has errors, 2 it cannot be read

Examples:
  planc graph plans/qwen3-ep8.yaml --only steps
  planc graph plans/qwen3-ep8.yaml --format dot | dot -Tsvg > plan.svg
`,
  async run(args, outer) {
    const { file, io } = await planOf("graph", args, outer);
    const { value, ...found } = await judgePlan(checkPlan, io, file);
    const judged = [found];
    await printFindings(judged, "pretty", io);
    if (value !== undefined) {
      const format = formats[(args.text("format") ?? "mermaid") as keyof typeof formats];
      io.stdout.write(
        format(
          lower(value),
          names.filter((name) => (args.text("only") ?? name) === name),
        ),
      );
    }
    return exitCodeOf(judged);
  },
};
