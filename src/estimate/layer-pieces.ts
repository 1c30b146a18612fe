import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import { evaluate, isTrue, type Scope } from "../model/formula.ts";
import type { Model } from "../model/model.ts";
import { type OperationsRecord, operationsOf, type Ways } from "../model/operations.ts";
import type { Plan } from "../plan/plan.ts";
import { isMapping } from "../text/values.ts";
import type { Event, Piece, Tensor } from "./program.ts";

/** How a micro-batch is computed on a rank. */
export interface Computation {
  /** Tokens of the micro-batch: its rows times the length of each. */
  readonly tokens: number;
  /** Tokens of one row. */
  readonly length: number;
  readonly compute: Plan["precision"]["compute"];
  /** `eager`: plain torch, as on a CPU. `gpu`: with Liger's norms and rotary positions where it has them, and flash attention. */
  readonly kernels: "eager" | "gpu";
  /** What is computed again in backward. Outside of the experts, `experts` is `none`. */
  readonly policy: Plan["recompute"];
  /** Ranks that attention's heads and the width of dense blocks are divided over. */
  readonly tp_size: number;
}

/**
 * Layers that allocate the same, without their routed experts: these run at the event "experts", where backward has two of
 * them if it computes the layer again. A layer's output stays allocated by its forward, and the experts' output by the layer: it is
 * allocated right behind "experts", as the gradient of their input is in backward.
 */
export interface LayerKind {
  /** Indices of layers from the first to the last of each run. */
  readonly runs: readonly (readonly [first: number, last: number])[];
  readonly count: number;
  readonly piece: Piece;
  /** The layer before it, whose output is its input, cannot give that free when this layer's forward is done. */
  readonly keepsInput: boolean;
  /**
   * The gradient of the experts' output stays allocated while their backward runs, because another branch has it too. Otherwise it is
   * freed right before "experts".
   */
  readonly sharesGradient: boolean;
}

/** What runs before the first layer, or behind the last until the head. */
export type OutsidePiece = Omit<LayerKind, "runs" | "count">;

export interface LayerPieces {
  readonly kinds: readonly LayerKind[];
  /** Forward: embedding, positions, masks. Its backward runs after that of the first layer. */
  readonly before: OutsidePiece;
  /** Allocated before the first layer beside that, and freed when the forward of the last is done. */
  readonly lasting: readonly Tensor[];
  /** The last norm. */
  readonly behind: OutsidePiece;
}

/** What the layers of a model allocate, or why that is not known. */
export function layerPieces(model: Model, computation: Computation): LayerPieces | { readonly unknown: string } {
  const family = families.get(model.model_type);
  const config = model.config.value;
  if (family === undefined || !isMapping(config)) return { unknown: `${model.model_type} has no record` };
  const reader = () => new ConfigReader(model.config, config, model.model_type);
  const { model_type } = family.languageOf(reader());
  const record = operationsOf(model_type);
  if (record === undefined) return { unknown: `what ${model_type} allocates was not recorded` };
  const { values } = family.languageOf(reader(), record.defaults);
  const scope = new BatchScope(values, computation);
  const program = record.programs.find(({ when }) => when.every((text) => isTrue(evaluate(text, scope))));
  if (program === undefined) return { unknown: `${model_type} was recorded where ${settings(record)}` };
  const pieces = new Pieces(record, scope, computation);
  try {
    const kinds = program.kinds.map(([when, ways]) => {
      const layers = Array.from({ length: values.layers }, (_, layer) => layer).filter(
        (layer) => when === "" || isTrue(evaluate(when, scope, layer)),
      );
      return { runs: runsOf(layers), count: layers.length, ...pieces.of(ways, layers[0]) };
    });
    // What a list of layers says that the config leaves out may not be known.
    if (kinds.reduce((sum, { count }) => sum + count, 0) !== values.layers)
      return { unknown: `${model_type}: the kinds of its layers are not told by the config` };
    const before = pieces.of(program.before);
    const behind = pieces.of(program.behind);
    return { kinds: kinds.filter(({ count }) => count > 0), before, lasting: pieces.lasting(program.before), behind };
  } catch (error) {
    if (error instanceof Unknown) return { unknown: `${model_type}: ${error.message}` };
    throw error;
  }
}

class Unknown extends Error {}

/** Keys that tensor parallelism divides: heads, and the width between the two matrices of a dense block. */
const divided: ReadonlySet<string> = new Set([
  "num_attention_heads",
  "num_key_value_heads",
  "swa_num_attention_heads",
  "swa_num_key_value_heads",
  "intermediate_size",
  "ffn_hidden_size",
  "dense_intermediate_size",
  "intermediate_size_mlp",
  "shared_expert_intermediate_size",
  "shared_intermediate_size",
]);

/** A config's values on one rank, and the sizes of the micro-batch. */
class BatchScope implements Scope {
  private readonly batch: Readonly<Record<string, number>>;

  constructor(
    private readonly config: Scope,
    private readonly computation: Computation,
  ) {
    const { tokens, length } = computation;
    this.batch = { tokens, length, rows: tokens / length };
  }

  get(name: string): unknown {
    const size = this.batch[name];
    if (size !== undefined) return size;
    const value = this.config.get(name);
    const { tp_size } = this.computation;
    return tp_size > 1 && divided.has(name) && typeof value === "number" ? Math.ceil(value / tp_size) : value;
  }

  has(name: string): boolean {
    return this.config.has(name);
  }

  override(name: string): unknown {
    return this.config.override(name);
  }
}

/** Makes pieces of their records, each formula worked out once for a layer. */
class Pieces {
  /** Layer → number of a formula → bytes. */
  private readonly bytes: number[][] = [];
  private readonly tensors: readonly { readonly name: number; readonly formula: number }[];
  private readonly way: number;

  constructor(
    private readonly record: OperationsRecord,
    private readonly scope: Scope,
    { compute, kernels, policy }: Computation,
  ) {
    const policies = ["none", "attention", "full"];
    const at = policies.indexOf(policy === "experts" ? "none" : policy);
    this.tensors = tensorsOf(record);
    this.way = (compute === "bfloat16" ? 0 : 6) + (kernels === "eager" ? 0 : 3) + at;
  }

  /** `layer`: one of those that allocate so. */
  of(ways: Ways, layer = 0): OutsidePiece {
    const [forward, backward, flags] = this.recordOf(ways);
    const tensors: Tensor[] = [];
    // Places in `tensors` of those that are allocated, the oldest first.
    const alive: number[] = [];
    const events = (text: string) => {
      let number = 0;
      const event = (word: string): Event => {
        if (word === "x") return "experts";
        if (word.startsWith("-")) return ~(alive.splice(Number(word), 1)[0] as number);
        number += Number(word.replace("<", "-"));
        const place = tensors.push(this.tensor(number, layer)) - 1;
        alive.push(place);
        return place;
      };
      return text === "" ? [] : text.split(" ").map(event);
    };
    const piece = { tensors, forward: events(forward), backward: events(backward) };
    return { piece, keepsInput: flags.includes("i"), sharesGradient: flags.includes("g") };
  }

  lasting(ways: Ways): Tensor[] {
    const [, , , lasting] = this.recordOf(ways);
    return lasting === "" ? [] : lasting.split(" ").map((number) => this.tensor(Number(number), 0));
  }

  private recordOf(ways: Ways) {
    const number = ways[this.way];
    const piece = typeof number === "number" ? this.record.pieces[number] : undefined;
    if (piece === undefined) throw new Unknown(String(number));
    return piece;
  }

  private tensor(number: number, layer: number): Tensor {
    const { name, formula } = this.tensors[number] as { readonly name: number; readonly formula: number };
    let known = this.bytes[layer];
    if (known === undefined) known = this.bytes[layer] = [];
    let bytes = known[formula];
    if (bytes === undefined)
      bytes = known[formula] = Number(evaluate(this.record.formulas[formula] as string, this.scope, layer));
    return { name: this.record.names[name] as string, bytes };
  }
}

/** Of each tensor of a record the numbers of its name and of its formula. */
function tensorsOf({ tensors }: OperationsRecord) {
  let [name, formula] = [0, 0];
  return Array.from({ length: tensors.length / 2 }, (_, place) => {
    name += tensors[2 * place] as number;
    formula += tensors[2 * place + 1] as number;
    return { name, formula };
  });
}

function settings({ programs }: OperationsRecord): string {
  return programs.map(({ when }) => when.join(" and ")).join(", or ");
}

/** 0, 1, 2, 5, 6 → [0, 2], [5, 6]. */
function runsOf(layers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const layer of layers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === layer - 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  return runs;
}
