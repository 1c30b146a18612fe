import { gpus } from "../../cluster/gpus.ts";
import { checkPlan } from "../../compiler.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import { withFile } from "../../host.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { exitCodeOf, type Judged, printFindings } from "../findings.ts";
import { configFile, requestOf, storedIn } from "../init/ask.ts";
import { aboutModel, nothingFits } from "../init/refusal.ts";
import { judge, meshes, modelOf, notesOf, search } from "../init/search.ts";
import { planText } from "../init/text.ts";
import { isThere, modeline, writePlan } from "../init/write.ts";
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
folder that has one. Replicas over the nodes come before more sharding, and expert parallelism stays inside a
node. Parameters are float32, or bfloat16 where the peak of a step does not fit with these.

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
    if (output !== undefined && (io.host.stat(output).ok || isThere(io.host, output)))
      throw new UsageError(
        `${output} is there already`,
        "give another name with --output; planc replaces no file here",
      );
    const asked = requestOf(args, file, io.host);
    const config = configFile(io.host, args.positionals[0] ?? "");
    const refuse = async (diagnostics: readonly Diagnostic[], sources: Judged["sources"]) => {
      await printFindings([{ file: config, diagnostics, sources }], "pretty", io);
      return exitCodeOf([{ file: config, diagnostics, sources }]);
    };

    const { value: model, diagnostics, sources } = modelOf(io, file, asked);
    // What the command line says stands in the plan that was tried; what cannot be read there are files.
    const misused = diagnostics.find(({ code, location }) => location.file === file && !/^PLN(100|2)/.test(code));
    if (misused !== undefined) throw new UsageError(`the plan would be wrong: ${misused.message}`, misused.help);
    if (model === undefined) return refuse(aboutModel(diagnostics, file, config), sources);
    const stored = storedIn(io.host, asked, file);
    if (hasErrors(stored.diagnostics)) return refuse(stored.diagnostics, sources);
    const positions = model.sizes.max_position_embeddings ?? asked.maxLength;
    const isShorter = args.text("max-length") === undefined && positions < asked.maxLength;
    const request = {
      ...asked,
      ...(stored.layout === undefined ? {} : { layout: stored.layout }),
      maxLength: isShorter ? positions : asked.maxLength,
    };
    const { best, isMemory } = search(io, file, request, model);
    if (best === undefined) {
      const [first = { ep_size: 1, fsdp_size: 1, dp_replicate_size: 1 }] = meshes(request);
      const found = aboutModel(judge(io, file, request, first).diagnostics, file, config);
      const memory = gpus.get(request.gpu)?.memory ?? 0;
      const fits = found.length > 0 ? found : [nothingFits(io, file, request, model, memory, isMemory)];
      return refuse(fits, sources);
    }
    const chosen = { facts: best.value, notes: notesOf(best, request) };
    const text = `${modeline(io.host, file)}${planText(io.stacks, best.request, best.sizes, chosen)}`;
    const written = { ...io, host: withFile(io.host, file, new TextEncoder().encode(text)) };
    const judged = await judgePlan(checkPlan, written, file);
    if (judged.value === undefined) return refuse(aboutModel(judged.diagnostics, file, config), judged.sources);
    return writePlan(text, output, io);
  },
};
