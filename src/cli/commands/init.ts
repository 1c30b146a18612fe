import { checkPlan } from "../../compiler.ts";
import { bestPlans, judge, type Proposal } from "../../fit/fit.ts";
import { aboutModel, nothingFits } from "../../fit/refusal.ts";
import { fewer } from "../../fit/relax.ts";
import { gpusOf, type Machines } from "../../fit/request.ts";
import type { Space } from "../../fit/search.ts";
import { planText } from "../../fit/text.ts";
import { withFile } from "../../host.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { configFile, configOf, knownGpu } from "../init/ask.ts";
import { notesOf } from "../init/notes.ts";
import { prepare, type Refusal } from "../init/prepare.ts";
import { modeline, refuseToReplace, writePlan } from "../init/write.ts";
import { judgePlan } from "../judge.ts";

export const init: Command = {
  options: {
    gpu: { type: "string" },
    "gpus-per-node": { type: "string" },
    nodes: { type: "string" },
    checkpoint: { type: "string" },
    dataset: { type: "string" },
    "max-length": { type: "string" },
    name: { type: "string" },
    revision: { type: "string" },
    lora: { type: "boolean" },
    output: { type: "string", short: "o" },
  },
  help: `Usage: planc init CONFIG --gpu GPU --gpus-per-node N

Writes a plan for a model and a cluster, one that planc check passes. CONFIG is a config.json or a checkpoint
folder that has one. Of all meshes, policies of recompute and micro-batches of one sequence it is the fastest by
what planc foresees. Parameters are float32, or bfloat16 where the peak of a step does not fit with these. For a
given number of tokens a step, other choices and what they cost: planc fit.

Options:
  --gpu GPU             GPU type: h100-sxm-80gb, h200-sxm-141gb, a100-sxm-80gb, ...
  --gpus-per-node N     GPUs of a node
  --nodes N             Nodes (default: 1)
  --lora                Trains adapters of attention and the experts, in place of the whole model
  -o, --output FILE     Where the plan goes (default: standard output). No file is ever replaced

Advanced options:
  --checkpoint ID       What the job loads: a folder or a Hub id (default: the folder of CONFIG)
  --revision COMMIT     The commit of a Hub checkpoint
  --dataset ID          Data file, folder or Hub id (default: data/train.jsonl)
  --max-length N        Tokens of a sequence (default: 4096, or what the model has positions for)
  --name NAME           Name of the plan and its bundle (default: as the output file, or as the model's folder)

Exit codes: 0 written, 1 no mesh fits or the model is refused, 2 usage

Examples:
  planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 8 --output plans/qwen3.yaml
  planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 2 --lora --output plans/qwen3-lora.yaml
`,
  async run(args, io) {
    const output = args.text("output");
    const file = output ?? "plan.yaml";
    refuseToReplace(io.host, output);
    const named = configOf("init", args);
    const [gpu, gpusPerNode] = [args.text("gpu"), args.count("gpus-per-node")];
    if (gpu === undefined || gpusPerNode === undefined)
      throw new UsageError(
        "planc init needs --gpu and --gpus-per-node",
        "planc init CONFIG --gpu h100-sxm-80gb --gpus-per-node 8",
      );
    const machines: Machines = {
      gpu: knownGpu(gpu),
      nodes: args.count("nodes") ?? 1,
      gpusPerNode,
    };
    const config = configFile(io.host, named);
    const refuse = async ({ diagnostics, sources }: Refusal) => {
      await printFindings([{ file: config, diagnostics, sources }], "pretty", io);
      return exitCodeOf([{ file: config, diagnostics, sources }]);
    };
    const { ready, refusal } = prepare(named, args, io, file, machines);
    if (ready === undefined) return refuse(refusal);
    const { request, trials } = ready;
    const formats = request.lora ? (["float32"] as const) : (["float32", "bfloat16"] as const);
    const space: Space & { readonly machines: readonly [Machines] } = {
      machines: [machines],
      formats,
      sequences: undefined,
      isOneFormat: true,
    };
    const whole = bestPlans(io, file, request, trials, space, 1);
    let [best]: readonly (Proposal | undefined)[] = whole.plans;
    for (const part of best === undefined ? fewer(machines) : []) {
      best ??= bestPlans(io, file, request, trials, { ...space, machines: [part] }, 1).plans[0];
    }
    if (best === undefined) {
      const sizes = { ep_size: 1, fsdp_size: gpusOf(machines), tp_size: 1, dp_replicate_size: 1 };
      const candidate = { machines, ...sizes, ...{ sequences: 1, accumulation: 1 } };
      const tried = judge(io, file, request, trials, { ...candidate, parameters: "float32", recompute: "full" });
      const found = aboutModel(tried.diagnostics, file, config);
      const diagnostics = found.length > 0 ? found : [nothingFits(io, file, request, trials, space, whole)];
      return refuse({ diagnostics, sources: refusal.sources });
    }
    const text = `${modeline(io.host, file)}${planText(io.stacks, request, best.candidate, { facts: trials, notes: notesOf(best, machines) })}`;
    const written = { ...io, host: withFile(io.host, file, new TextEncoder().encode(text)) };
    const judged = await judgePlan(checkPlan, written, file);
    if (judged.value === undefined)
      return refuse({ diagnostics: aboutModel(judged.diagnostics, file, config), sources: judged.sources });
    return writePlan(text, output, io);
  },
};
