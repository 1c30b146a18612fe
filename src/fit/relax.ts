/** What would have to be other for a plan to fit, each tried out. */
import type { Trials, World } from "../compiler.ts";
import { count, plural } from "../text/words.ts";
import { open } from "./fit.ts";
import { gpusOf, type Machines, type Request } from "./request.ts";
import { type Space, search } from "./search.ts";

/** GPUs beyond which no cluster is proposed. */
const mostGpus = 1024;

/** Tokens of which a shorter sequence is a multiple. */
const shorter = 128;

/** Changes in words, by what is changed. */
export function relaxations(
  world: World,
  file: string,
  request: Request,
  trials: Trials,
  space: Space & { readonly machines: readonly [Machines] },
): string[] {
  const [machines] = space.machines;
  const fits = (another: Trials, changed: Partial<Space>) =>
    search(another, { ...space, ...changed }, 1, () => true).plans.length > 0;
  const each = { sequences: undefined };
  const gpus: string[] = [];
  let clusters = larger(machines);
  // The first format is the one that takes more; another is worth a word where it does with fewer GPUs.
  for (const format of space.formats) {
    const place = clusters.findIndex((cluster) => fits(trials, { ...each, machines: [cluster], formats: [format] }));
    const found = clusters[place];
    if (found === undefined) continue;
    gpus.push(`${inWords(found)}${request.lora ? "" : ` with parameters in ${format}`}`);
    clusters = clusters.slice(0, place);
  }
  const length = longest(request.maxLength, (max_length) => fits(withLength(trials, max_length), {}));
  const sequences = length === undefined ? [] : [`sequences of ${plural(length, "token")} on these GPUs`];
  const lora = { ...request, lora: true };
  const adapters = request.lora ? undefined : open(world, file, lora, machines).value;
  const trained = adapters && fits(adapters, { formats: ["float32"] }) ? ["adapters on these GPUs (--lora)"] : [];
  const tokens = gpusOf(machines) * request.maxLength;
  const shared = space.sequences !== undefined && fits(trials, each) ? [`${count(tokens)} tokens a step`] : [];
  return [...shared, ...gpus, ...sequences, ...trained];
}

export function inWords({ nodes, gpusPerNode }: Machines): string {
  return nodes === 1 ? plural(gpusPerNode, "GPU") : `${nodes} nodes of ${plural(gpusPerNode, "GPU")}`;
}

/** Clusters with some GPUs left over, the largest first. */
export function fewer(machines: Machines): Machines[] {
  const { nodes, gpusPerNode } = machines;
  const below = (value: number) => Array.from({ length: value - 1 }, (_, index) => value - 1 - index);
  return [
    ...below(gpusPerNode).map((less) => ({ ...machines, gpusPerNode: less })),
    ...below(nodes).map((less) => ({ ...machines, nodes: less })),
  ].sort((a, b) => gpusOf(b) - gpusOf(a));
}

/** Larger clusters of the same GPUs, the smallest first. */
function larger(machines: Machines): Machines[] {
  const { nodes, gpusPerNode } = machines;
  const inNode = nodes === 1 ? [2, 4, 8].filter((gpus) => gpus > gpusPerNode) : [];
  const wide = Math.max(8, gpusPerNode);
  const clusters = inNode.map((gpus) => ({ ...machines, gpusPerNode: gpus }));
  for (let more = nodes * 2; more * wide <= mostGpus; more *= 2)
    clusters.push({ ...machines, nodes: more, gpusPerNode: wide });
  return clusters;
}

/** The longest shorter sequence that fits; undefined where the shortest does not. */
function longest(length: number, fits: (length: number) => boolean): number | undefined {
  let [low, high] = [1, Math.ceil(length / shorter)];
  if (high <= 1 || !fits(shorter)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle * shorter)) low = middle;
    else high = middle;
  }
  return low * shorter;
}

function withLength(trials: Trials, max_length: number): Trials {
  return { ...trials, plan: { ...trials.plan, options: { ...trials.plan.options, max_length } } };
}
