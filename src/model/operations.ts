import { records } from "../generated/operations.js";
import type { Default } from "./record.ts";

/**
 * What the layers of a family allocate, as transformers was seen to do it: read by `scripts/extract_operations.py`. Formulas are over
 * keys of the config and `rows`, `length` and `tokens` of a micro-batch.
 */
export interface OperationsRecord {
  readonly model_type: string;
  /** What the class takes for a key of a condition that config.json leaves out. */
  readonly defaults: Readonly<Record<string, Default>>;
  /** Of tensors: the module that makes it, and the operation. */
  readonly names: readonly string[];
  /** Bytes. */
  readonly formulas: readonly string[];
  /** Numbers of a name and of a formula in turn, each as its difference from that of the tensor before. */
  readonly tensors: readonly number[];
  readonly pieces: readonly PieceRecord[];
  readonly programs: readonly ProgramRecord[];
}

/**
 * The events of forward and of backward: `2` allocates the tensor whose number is 2 more than that of the last allocated one of this
 * text (or than 0), `<2` the one whose is 2 less; -1 frees the youngest of those that are allocated, -2 the one before; `x` is where
 * the experts run. Then flags (`i`: the forward leaves its input
 * allocated; `g`: the gradient of the experts' output stays while their backward runs), and tensors that stay until all layers'
 * forward is done.
 */
type PieceRecord = readonly [forward: string, backward: string, flags: string, lasting: string];

/** The number of a piece, or why there is none; by compute format (bfloat16, float32), kernels (eager, gpu) and policy. */
export type Ways = readonly (number | string)[];

/** A family at one setting of its flags. */
interface ProgramRecord {
  /** All must hold of the config and the micro-batch. */
  readonly when: readonly string[];
  /** What is allocated before the first layer, and behind the last until the head. */
  readonly before: Ways;
  readonly behind: Ways;
  /** What holds of layer `i`, where not all are the same, and its pieces. */
  readonly kinds: readonly (readonly [when: string, ways: Ways])[];
}

const read = new Map<string, OperationsRecord>();

/** The operations of a language model, parsed when they are first asked for; undefined where none were recorded. */
export function operationsOf(text_type: string): OperationsRecord | undefined {
  const known = read.get(text_type);
  if (known !== undefined || !Object.hasOwn(records, text_type)) return known;
  const record = JSON.parse(records[text_type] as string) as OperationsRecord;
  read.set(text_type, record);
  return record;
}
