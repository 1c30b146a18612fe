/**
 * A program as Python and torch run it, to see what it allocates and frees: storages live as long as a variable, the graph
 * or a gradient holds them. Operators say what they save for backward and what their gradients allocate; the order in which
 * gradients are computed, added and freed is that of torch's engine.
 */
import type { Event, Tensor } from "./program.ts";

class Storage {
  references = 0;
  isGone = false;

  constructor(readonly number: number) {}
}

/** Where a value comes from in the graph: an output of a node. */
interface Source {
  readonly node: Node;
  readonly output: number;
}

/** A tensor as a variable holds it. */
export interface Value {
  /** Of all elements. */
  readonly count: number;
  /** Bytes of an element. */
  readonly size: number;
  /** None for what was there before, such as parameters. */
  readonly storage: Storage | null;
  /** None where no gradient is wanted. */
  readonly source: Source | null;
}

/** A gradient: none where nothing flows, or where it is that of a parameter, which is not counted here. */
type Gradient = Value | null;

/** An operator that autograd records. */
export interface Operator {
  readonly inputs: readonly Value[];
  /** Saved before it runs, in order. */
  readonly saves?: readonly Value[];
  /** Saved after it, as an `autograd.Function` does. */
  readonly savesAfter?: (outputs: readonly Value[]) => readonly Value[];
  /** What the graph keeps in another way, until all of the backward pass is done. */
  readonly keeps?: (outputs: readonly Value[]) => readonly Value[];
  readonly run: () => Value | readonly Value[];
  /** Gradients of the inputs from those of the outputs, and from what was saved, in its order. */
  readonly backward: (gradients: readonly Gradient[], saved: readonly Value[]) => readonly Gradient[];
}

interface Node {
  readonly number: number;
  readonly inputs: readonly Value[];
  readonly outputs: number;
  readonly saved: readonly Value[];
  readonly kept: readonly (Storage | null)[];
  readonly backward: Operator["backward"];
  readonly region: Region | null;
  /** Where its saves begin among those of its region. */
  readonly begin: number;
  readonly saves: number;
}

/** A function that is computed again in the backward pass, instead of keeping what it saves. */
interface Region {
  readonly run: () => Value;
  readonly held: readonly Value[];
  saves: number;
  nodes: number;
  again: Value[] | null;
}

interface Checkpointed {
  readonly output: Value;
  readonly again: (isWhole: boolean) => void;
}

/** The last tensor is saved: the rest of the function is not computed again. */
class Stop extends Error {}

export class Tape {
  private readonly tensors: Tensor[] = [];
  private events: Event[] = [];
  private cuts: number[] = [];
  private frames: Set<Value>[] = [new Set()];
  private nodes = 0;
  private region: Region | null = null;
  private records = true;

  /** A new tensor, held by a variable of the function that runs. */
  make(name: string, count: number, size: number): Value {
    let storage: Storage | null = null;
    if (count > 0) {
      storage = new Storage(this.tensors.length);
      this.tensors.push({ name, bytes: count * size });
      this.events.push(storage.number);
    }
    return this.hold({ count, size, storage, source: null });
  }

  /** What was there before. */
  given(count: number, size: number): Value {
    return { count, size, storage: null, source: null };
  }

  /** The same storage under another shape; the gradient of the one is that of the other. */
  view(value: Value, count = value.count, size = value.size): Value {
    return this.hold({ ...value, count, size });
  }

  /** Variables that go: temporaries after their expression, or by name. */
  drop(...values: readonly Value[]): void {
    for (const value of values) {
      const frame = this.frames.findLast((each) => each.has(value));
      if (frame === undefined) continue;
      frame.delete(value);
      this.release(value.storage);
    }
  }

  /** Runs a function: its variables go when it returns, all but what it returns. */
  call<T>(run: () => T): T {
    const frame = new Set<Value>();
    this.frames.push(frame);
    try {
      const result = run();
      for (const value of [result].flat() as Value[]) if (frame.delete(value)) this.frames.at(-2)?.add(value);
      return result;
    } finally {
      for (const value of frame) this.release(value.storage);
      this.frames.pop();
    }
  }

  /** As inside of `torch.no_grad`. */
  without<T>(run: () => T): T {
    const { records } = this;
    this.records = false;
    try {
      return run();
    } finally {
      this.records = records;
    }
  }

  /** As inside of `torch.enable_grad`. */
  recording<T>(run: () => T): T {
    const { records, region } = this;
    this.records = true;
    this.region = null;
    try {
      return run();
    } finally {
      this.records = records;
      this.region = region;
    }
  }

  apply(operator: Operator & { readonly run: () => Value }): Value;
  apply(operator: Operator): readonly Value[];
  apply({ inputs, saves = [], savesAfter, keeps, run, backward }: Operator): Value | readonly Value[] {
    const isRecorded = this.records && inputs.some(({ source }) => source !== null);
    if (!isRecorded) return this.call(() => this.without(run));
    const { region } = this;
    const begin = region?.again?.length ?? region?.saves ?? 0;
    const saved: Value[] = [];
    this.save(saves, saved);
    const result = this.call(() => this.without(run));
    const made: readonly Value[] = [result].flat() as Value[];
    this.save(savesAfter?.(made) ?? [], saved);
    const kept = region?.again == null ? (keeps?.(made) ?? []).map(({ storage }) => storage) : [];
    for (const storage of kept) this.retain(storage);
    const node: Node = {
      number: this.nodes++,
      inputs: inputs.map((value) => ({ ...value })),
      outputs: made.length,
      saved: region === null ? saved : [],
      kept,
      backward,
      region: region?.again == null ? region : null,
      begin,
      saves: saved.length,
    };
    if (region !== null && region.again === null) region.nodes++;
    const outputs = made.map((value, output) => this.adopt(value, { node, output }));
    return Array.isArray(result) ? outputs : (outputs[0] as Value);
  }

  /**
   * Keeps of `run` what goes in and what comes out. It runs again before its gradients, up to the last tensor that it saves, or
   * where `again` is called before, all of it if `isWhole`.
   */
  checkpoint(held: readonly Value[], run: () => Value): Checkpointed {
    const region: Region = { run, held: held.map((value) => ({ ...value })), saves: 0, nodes: 0, again: null };
    for (const { storage } of held) this.retain(storage);
    const output = this.inside(region, () => this.call(run));
    return { output, again: (isWhole) => this.again(region, isWhole) };
  }

  private again(region: Region, isWhole: boolean): void {
    const { records } = this;
    region.again = [];
    this.cuts.push(this.events.length);
    this.records = true;
    try {
      this.inside({ ...region, saves: isWhole ? Number.POSITIVE_INFINITY : region.saves }, () =>
        this.drop(this.call(region.run)),
      );
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    } finally {
      this.records = records;
      this.cuts.push(this.events.length);
    }
  }

  private inside<T>(region: Region, run: () => T): T {
    const outer = this.region;
    this.region = region;
    try {
      return run();
    } finally {
      this.region = outer;
    }
  }

  /** Holds values beyond the function that runs, until `own` or `drop`. */
  keep(...values: readonly Value[]): readonly Value[] {
    return values.map((value) => {
      this.retain(value.storage);
      const own = { ...value };
      this.frames[0]?.add(own);
      return own;
    });
  }

  /** Values that were kept become variables of the function that runs. */
  own(...values: readonly Value[]): void {
    for (const value of values) if (this.frames[0]?.delete(value)) this.frames.at(-1)?.add(value);
  }

  /** The events since the last call: before a function began to run again, during its second run, and after it. */
  take(): readonly [before: readonly Event[], again: readonly Event[], after: readonly Event[]] {
    const { events, cuts } = this;
    this.events = [];
    this.cuts = [];
    const [begin = 0, end = 0] = cuts;
    return [events.slice(0, begin), events.slice(begin, end), events.slice(end)];
  }

  /** Gradients of `inputs`; that of `output` is held by nobody else. What the graph saved goes. */
  gradients(output: Value, gradient: Value, inputs: readonly Value[]): Gradient[] {
    const buffers = new Map<Node, Gradient[]>();
    const found = new Map<Node, Gradient>();
    const ends = new Set(inputs.flatMap(({ source }) => (source === null ? [] : [source.node])));
    const tail: (Storage | null)[] = [];
    this.flow(buffers, output, gradient);
    while (buffers.size > 0) {
      const node = [...buffers.keys()].reduce((last, each) => (each.number > last.number ? each : last));
      const incoming = buffers.get(node) ?? [];
      buffers.delete(node);
      if (ends.has(node)) {
        found.set(node, incoming[0] ?? null);
        continue;
      }
      const saved = this.unpacked(node);
      const computed = this.without(() => this.call(() => node.backward(incoming, saved)));
      // Saved tensors that were computed again are held by nothing but the function that has just used them.
      if (node.region !== null) for (const { storage } of saved) this.release(storage);
      const outgoing = computed.map((each, index) => this.fitted(each, node.inputs[index] as Value));
      for (const value of incoming) if (value !== null && !outgoing.includes(value)) this.drop(value);
      if (node.region === null) for (const { storage } of saved) this.release(storage);
      this.leave(node);
      tail.push(...node.kept);
      node.inputs.forEach((input, index) => {
        const flowing = outgoing[index] ?? null;
        if (flowing !== null) this.flow(buffers, input, flowing);
      });
    }
    for (const storage of tail) this.release(storage);
    return inputs.map(({ source }) => (source === null ? null : (found.get(source.node) ?? null)));
  }

  /** A value of which a gradient is wanted. */
  leaf(value: Value): Value {
    const node: Node = {
      number: this.nodes++,
      inputs: [],
      outputs: 1,
      saved: [],
      kept: [],
      backward: () => [],
      region: null,
      begin: 0,
      saves: 0,
    };
    return this.hold({ ...value, source: { node, output: 0 } });
  }

  /** All that was made. */
  get made(): readonly Tensor[] {
    return this.tensors;
  }

  private hold(value: Value): Value {
    this.retain(value.storage);
    this.frames.at(-1)?.add(value);
    return value;
  }

  /** The same variable, now with a place in the graph. */
  private adopt(value: Value, source: Source): Value {
    const adopted = this.hold({ ...value, source });
    this.drop(value);
    return adopted;
  }

  private retain(storage: Storage | null): void {
    if (storage === null) return;
    if (storage.isGone) throw new Error(`${this.tensors[storage.number]?.name} is used, and is gone`);
    storage.references++;
  }

  private release(storage: Storage | null): void {
    if (storage === null) return;
    storage.references--;
    if (storage.references > 0) return;
    storage.isGone = true;
    this.events.push(~storage.number);
  }

  private save(values: readonly Value[], saved: Value[]): void {
    const { region } = this;
    for (const value of values) {
      const own = { ...value, source: null };
      saved.push(own);
      if (region === null) {
        this.retain(value.storage);
      } else if (region.again === null) {
        region.saves++;
      } else {
        this.retain(value.storage);
        region.again.push(own);
        if (region.again.length === region.saves) throw new Stop();
      }
    }
  }

  /** What a node saved; its region is computed again if it has not been. */
  private unpacked({ region, saved, begin, saves }: Node): readonly Value[] {
    if (region === null) return saved;
    if (saves > 0 && region.again === null) this.again(region, false);
    return region.again?.slice(begin, begin + saves) ?? [];
  }

  /** A gradient as the engine hands it on: summed to the shape of what was broadcast, and in its format. */
  private fitted(gradient: Gradient, { count, size }: Value): Gradient {
    if (gradient === null) return null;
    let result = gradient;
    if (result.count !== count) {
      result = this.make("gradient, summed", count, gradient.size);
      this.drop(gradient);
    }
    if (result.size === size) return result;
    const cast = this.make("gradient, in the format of its tensor", count, size);
    this.drop(result);
    return cast;
  }

  /** When the last node of a region is done, what went into the region is let go. */
  private leave({ region }: Node): void {
    if (region === null) return;
    region.nodes--;
    if (region.nodes === 0) for (const { storage } of region.held) this.release(storage);
  }

  /** A gradient arrives where `value` was made; a second one is added to the first. */
  private flow(buffers: Map<Node, Gradient[]>, { source }: Value, gradient: Value): void {
    if (source === null) {
      this.drop(gradient);
      return;
    }
    const buffer = buffers.get(source.node) ?? new Array<Gradient>(source.node.outputs).fill(null);
    buffers.set(source.node, buffer);
    const before = buffer[source.output] ?? null;
    if (before === null) {
      buffer[source.output] = gradient;
      return;
    }
    buffer[source.output] = this.make("sum of gradients", gradient.count, gradient.size);
    this.drop(before, gradient);
  }
}
