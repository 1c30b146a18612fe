import { posix } from "node:path";
import { gpus } from "../../cluster/gpus.ts";
import { suggest } from "../../text/suggest.ts";
import { visible } from "../../text/visible.ts";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import type { Request } from "../init/request.ts";
import { notesOf, search } from "../init/search.ts";
import { planText } from "../init/text.ts";
import { UsageError } from "../usage-error.ts";

export const init: Command = {
  options: {
    gpu: { type: "string" },
    "gpus-per-node": { type: "string" },
    nodes: { type: "string" },
    checkpoint: { type: "string" },
    dataset: { type: "string" },
    "max-length": { type: "string" },
    name: { type: "string" },
    output: { type: "string", short: "o" },
  },
  help: `Usage: planc init CONFIG --gpu GPU --gpus-per-node N

Writes a plan for a model and a cluster. CONFIG is a config.json or a checkpoint folder that has one. The mesh is the first
that planc's own rules accept: replicas over the nodes before more sharding, expert parallelism inside a node.

Options:
  --gpu GPU             GPU type: h100-sxm-80gb, h200-sxm-141gb, a100-sxm-80gb, ...
  --gpus-per-node N     GPUs of a node
  --nodes N             Nodes (default: 1)
  -o, --output FILE     Where the plan goes (default: standard output); an existing file is never replaced

Advanced options:
  --checkpoint ID       What the job loads: a folder on the cluster or a Hub id (default: the folder of CONFIG)
  --dataset ID          Data file, folder or Hub id (default: data/train.jsonl)
  --max-length N        Tokens of a sequence (default: 4096, or what the model has positions for)
  --name NAME           Name of the plan and its bundle (default: as the output file, or as the model's folder)

Exit codes: 0 written, 1 no mesh fits or the model is refused, 2 usage

Examples:
  planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 8 --output plans/qwen3.yaml
`,
  async run(args, io) {
    const output = args.text("output");
    const file = output ?? "plan.yaml";
    if (output !== undefined && io.host.stat(output).ok)
      throw new UsageError(
        `${output} is there already`,
        "give another name with --output; planc replaces no file here",
      );
    const asked = requestOf(args, file);
    const first = search(io.host, file, asked);
    const positions = first.value?.model.sizes.max_position_embeddings ?? asked.maxLength;
    const isShorter = args.text("max-length") === undefined && positions < asked.maxLength;
    const request = isShorter ? { ...asked, maxLength: positions } : asked;
    const tried = isShorter ? search(io.host, file, request) : first;
    if (tried.value === undefined) {
      await printFindings([{ file, ...tried }], "pretty", io);
      return exitCodeOf([{ file, ...tried }]);
    }
    const text = `${modeline}${planText(request, tried.sizes, notesOf(tried.value))}`;
    if (output === undefined) {
      io.stdout.write(text);
      return exitCode.fine;
    }
    const done = io.host.create(output, new TextEncoder().encode(text), false);
    if (!done.ok) throw new UsageError(`cannot write ${output}: ${done.why}`);
    io.stdout.write(`${visible(output)} written; judge it with planc check ${visible(output)}\n`);
    return exitCode.fine;
  },
};

function requestOf(args: Arguments, file: string): Request {
  const [config, ...others] = args.positionals;
  if (config === undefined || others.length > 0)
    throw new UsageError("planc init takes one config.json or checkpoint folder", "planc init --help");
  const gpu = args.text("gpu");
  const gpusPerNode = args.count("gpus-per-node");
  if (gpu === undefined || gpusPerNode === undefined)
    throw new UsageError(
      "planc init needs --gpu and --gpus-per-node",
      "planc init CONFIG --gpu h100-sxm-80gb --gpus-per-node 8",
    );
  if (!gpus.has(gpu)) {
    const near = suggest(gpu, gpus.keys());
    const known = `known: ${[...gpus.keys()].join(", ")}`;
    throw new UsageError(`unknown GPU ${gpu}`, near === undefined ? known : `did you mean ${near}? ${known}`);
  }
  const folder = config.endsWith(".json") ? posix.dirname(config) : config.replace(/\/+$/, "");
  const place = args.text("output") === undefined ? "." : posix.dirname(file);
  return {
    config: posix.isAbsolute(config) ? config : posix.relative(place, config) || ".",
    name: args.text("name") ?? nameFrom(args.text("output") ?? folder),
    checkpoint: args.text("checkpoint") ?? folder,
    dataset: args.text("dataset") ?? "data/train.jsonl",
    maxLength: args.count("max-length") ?? 4096,
    gpu,
    nodes: args.count("nodes") ?? 1,
    gpusPerNode,
  };
}

/** A name that a plan may have, made of a path's last part. */
function nameFrom(path: string): string {
  const last = posix.basename(path).replace(/\.ya?ml$/, "");
  const plain = last.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, 63) || "plan";
}

/** For editors: `planc schema > plan.schema.json` puts the schema beside the plan. */
const modeline = "# yaml-language-server: $schema=plan.schema.json\n";
