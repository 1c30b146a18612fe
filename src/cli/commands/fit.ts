import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { bestPlans, judge } from "../../fit/fit.ts";
import { aboutModel, nothingFits } from "../../fit/refusal.ts";
import { gpusOf } from "../../fit/request.ts";
import type { Space } from "../../fit/search.ts";
import { planText } from "../../fit/text.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { exitCodeOf, type Judged, printFindings } from "../findings.ts";
import { choicesOf, largestOf, sequencesOf } from "../fit/ask.ts";
import { fitJson } from "../fit/json.ts";
import { fitText } from "../fit/text.ts";
import { costOf, viewOf } from "../fit/view.ts";
import { configFile, configOf } from "../init/ask.ts";
import { notesOf } from "../init/notes.ts";
import { prepare } from "../init/prepare.ts";
import { modeline, refuseToReplace, writePlan } from "../init/write.ts";

/** Plans that are shown where the command line does not say, and at most. */
const [usualPlans, mostPlans] = [5, 50];

export const fit: Command = {
  options: {
    gpu: { type: "string" },
    gpus: { type: "string" },
    "gpus-per-node": { type: "string" },
    calibration: { type: "string" },
    prices: { type: "string" },
    by: { type: "string", values: ["time", "cost"] },
    sequence: { type: "string" },
    "tokens-per-step": { type: "string" },
    parameters: { type: "string", values: ["float32", "bfloat16"] },
    lora: { type: "boolean" },
    plans: { type: "string" },
    take: { type: "string" },
    output: { type: "string", short: "o" },
    format: { type: "string", values: ["text", "json"] },
    checkpoint: { type: "string" },
    dataset: { type: "string" },
    name: { type: "string" },
    revision: { type: "string" },
  },
  help: `Usage: planc fit CONFIG --gpu GPU --gpus N --tokens-per-step T
       planc fit CONFIG --prices FILE --tokens-per-step T

Ranks the plans for a model on given GPUs by the time of a step, or on offers of GPUs by what tokens cost: every mesh,
policy of recompute and micro-batch with which a step has room, and parameters in float32, or bfloat16 where nothing fits
with these. It proposes nothing that planc check refuses. CONFIG is a config.json or a checkpoint folder that has one.

Options:
  --gpu GPU             GPU type: h100-sxm-80gb, h200-sxm-141gb, a100-sxm-80gb, ...
  --gpus N              How many GPUs
  --prices FILE         Offers to compare: a YAML or JSON list of name, gpu, gpus and price_per_hour
  --tokens-per-step T   Tokens of an optimizer step, all GPUs together
  --sequence L          Tokens of a sequence (default: 4096, or what the model has positions for)
  --lora                Trains adapters of attention and the experts, in place of the whole model
  -o, --output FILE     Writes the first plan. No file is ever replaced
  --format text         A table (default)
  --format json         One object, with the text of each plan

Advanced options:
  --gpus-per-node N     GPUs of a machine (default: 8, or all of fewer)
  --calibration FILE    What planc bench --calibrate measured, in place of planc's own figures of the GPU
  --parameters FORMAT   float32 or bfloat16: looks at that format alone
  --by time             The fastest first (default)
  --by cost             The cheapest first (default with --prices)
  --plans N             How many plans to show, 1 to 50 (default: 5)
  --take N              Writes the Nth plan in place of the first
  --checkpoint ID       What the job loads: a folder or a Hub id (default: the folder of CONFIG)
  --revision COMMIT     The commit of a Hub checkpoint
  --dataset ID          Data file, folder or Hub id (default: data/train.jsonl)
  --name NAME           Name of the plan and its bundle (default: as the output file, or as the model's folder)

Exit codes: 0 fine, 1 nothing fits, or the model or the price list is refused, 2 usage

Examples:
  planc fit models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus 16 --tokens-per-step 1048576
  planc fit models/qwen3-30b-a3b --prices prices.yaml --tokens-per-step 262144 --lora --output plans/qwen3.yaml
`,
  async run(args, outer) {
    const io = { ...outer, calibration: args.text("calibration") };
    const output = args.text("output");
    const file = output ?? "plan.yaml";
    refuseToReplace(io.host, output);
    const named = configOf("fit", args);
    const config = configFile(io.host, named);
    const isJson = args.text("format") === "json";
    const refuse = async (found: Judged) => {
      await printFindings([found], isJson ? "json" : "pretty", io);
      return exitCodeOf([found]);
    };
    const tokens = args.count("tokens-per-step");
    if (tokens === undefined)
      throw new UsageError("planc fit needs --tokens-per-step", "a recipe says how many, such as 1048576");
    const { value: asked, diagnostics } = choicesOf(args, io);
    const list = args.text("prices") ?? config;
    if (asked === undefined) return refuse({ file: list, diagnostics, sources: textOf(list, io) });
    const { choices, prices } = asked;
    const largest = largestOf(choices);
    if (largest === undefined) throw new Error("a price list without offers was accepted");

    const { ready, refusal } = prepare(named, args, io, file, largest);
    if (ready === undefined) return refuse({ file: config, ...refusal });
    const { request, trials } = ready;
    const most = Math.max(args.count("plans") ?? usualPlans, args.count("take") ?? 1);
    if (most > mostPlans) throw new UsageError(`planc fit shows ${mostPlans} plans at most`);
    const space: Space = {
      machines: choices.map(({ machines }) => machines),
      formats: formatsOf(args.text("parameters"), request.lora),
      sequences: sequencesOf(tokens, request.maxLength, choices, trials.model.sizes.num_experts),
      ...(prices === undefined ? {} : { keyOf: ({ machines }) => machines }),
    };
    const isByCost = prices !== undefined && args.text("by") !== "time";
    const offerOf = new Map(choices.map(({ machines, offer }) => [machines, offer]));
    const found = bestPlans(
      io,
      file,
      request,
      trials,
      space,
      most,
      isByCost
        ? (timed) => costOf(timed, offerOf.get(timed.candidate.machines)) ?? Number.POSITIVE_INFINITY
        : undefined,
    );
    if (found.plans.length === 0) {
      const mesh = { ep_size: 1, fsdp_size: gpusOf(largest), tp_size: 1, dp_replicate_size: 1, sequences: 1 };
      const candidate = { ...mesh, machines: largest, accumulation: 1 };
      const tried = judge(io, file, request, trials, { ...candidate, parameters: "float32", recompute: "full" });
      const about: readonly Diagnostic[] = aboutModel(tried.diagnostics, file, config);
      const said =
        about.length > 0 ? about : [nothingFits(io, file, request, trials, { ...space, machines: [largest] }, found)];
      return refuse({ file: config, diagnostics: said, sources: refusal.sources });
    }
    const view = viewOf(found, choices, prices, isByCost);
    io.stdout.write(isJson ? `${fitJson(view)}\n` : fitText(view, io.stdout.look.width));
    if (output === undefined) return 0;
    const taken = found.plans[(args.count("take") ?? 1) - 1];
    if (taken === undefined)
      throw new UsageError(`there are ${found.plans.length} plans`, "--take counts them from 1, as they are shown");
    const known = { facts: trials, notes: notesOf(taken, taken.candidate.machines) };
    const text = `${modeline(io.host, file)}${planText(io.stacks, request, taken.candidate, known)}`;
    return writePlan(text, output, isJson ? { ...io, stdout: io.stderr } : io);
  },
};

function formatsOf(named: string | undefined, lora: boolean): Space["formats"] {
  if (named === "float32" || named === "bfloat16") return [named];
  return lora ? ["float32"] : ["float32", "bfloat16"];
}

/** A file's text for the code frames of messages. */
function textOf(file: string, { host }: Parameters<Command["run"]>[1]): ReadonlyMap<string, string> {
  const read = host.read(file);
  return new Map(read.ok ? [[file, new TextDecoder().decode(read.bytes)]] : []);
}
