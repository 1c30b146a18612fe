/** What `planc fit` is asked. */
import { gpus } from "../../cluster/gpus.ts";
import { type Prices, readPrices } from "../../cluster/prices.ts";
import type { Result } from "../../diagnostics/diagnostic.ts";
import { batchesOf, meshes } from "../../fit/candidate.ts";
import { gpusOf, type Machines } from "../../fit/request.ts";
import { count, plural } from "../../text/words.ts";
import type { Arguments } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { knownGpu } from "../init/ask.ts";
import type { Io } from "../io.ts";
import type { Choice } from "./view.ts";

export interface Choices {
  readonly choices: readonly Choice[];
  readonly prices: Prices | undefined;
}

/** GPUs of a machine where the command line does not say. */
const usualMachine = 8;

/** The machines to compare: those that are named, or those of a price list. */
export function choicesOf(args: Arguments, io: Io): Result<Choices> {
  const file = args.text("prices");
  const [gpu, all, each] = [args.text("gpu"), args.count("gpus"), args.count("gpus-per-node")];
  if (file !== undefined) {
    if ((gpu ?? all ?? each) !== undefined)
      throw new UsageError("--prices names the GPUs itself", "leave out --gpu, --gpus and --gpus-per-node");
    const { value: prices, diagnostics } = readPrices(io.host, file);
    if (prices === undefined) return { value: undefined, diagnostics };
    const choices = prices.offers.map((offer) => {
      const { gpu: name, nodes, gpusPerNode } = offer;
      return { offer, machines: { gpu: name, nodes, gpusPerNode } };
    });
    return { value: { choices, prices }, diagnostics };
  }
  if (gpu === undefined || all === undefined)
    throw new UsageError(
      "planc fit needs --gpu and --gpus, or --prices",
      "planc fit CONFIG --gpu h100-sxm-80gb --gpus 8 --tokens-per-step 1048576",
    );
  if (args.text("by") === "cost") throw new UsageError("--by cost needs prices", "name a price list with --prices");
  const gpusPerNode = each ?? Math.min(all, usualMachine);
  if (all % gpusPerNode !== 0)
    throw new UsageError(
      `${count(all)} GPUs are no whole number of machines of ${gpusPerNode}`,
      "give another --gpus, or --gpus-per-node",
    );
  const machines = { gpu: knownGpu(gpu), nodes: all / gpusPerNode, gpusPerNode };
  return { value: { choices: [{ machines, offer: undefined }], prices: undefined }, diagnostics: [] };
}

/** The largest of the machines by the memory of all their GPUs. */
export function largestOf(choices: readonly Choice[]): Machines | undefined {
  const memory = ({ machines }: Choice) => gpusOf(machines) * (gpus.get(machines.gpu)?.memory ?? 0);
  return [...choices].sort((a, b) => memory(b) - memory(a))[0]?.machines;
}

/** Sequences of a step. Throws where the tokens that are asked for are not so many sequences, or no mesh can share these. */
export function sequencesOf(tokens: number, length: number, choices: readonly Choice[], num_experts: number): number {
  const low = Math.floor(tokens / length);
  if (tokens % length !== 0) {
    const near = (low === 0 ? [length] : [low * length, (low + 1) * length]).map(count);
    throw new UsageError(
      `${count(tokens)} tokens a step are no whole number of sequences of ${count(length)} tokens`,
      `nearest: --tokens-per-step ${near.join(" or ").replaceAll(",", "")}`,
    );
  }
  const isShared = ({ machines }: Choice) =>
    [...meshes(machines, num_experts)].some((mesh) => batchesOf(mesh, low).length > 0);
  if (choices.some(isShared)) return low;
  const fewest = Math.min(...choices.map(({ machines }) => gpusOf(machines)));
  throw new UsageError(
    `${plural(low, "sequence")} a step cannot be shared by ${plural(fewest, "GPU")}: each takes as many`,
    `--tokens-per-step ${Math.max(1, Math.round(low / fewest)) * fewest * length} is one that can`,
  );
}
