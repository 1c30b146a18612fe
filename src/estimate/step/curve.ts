import { outputGradient } from "../program.ts";
import { type Category, categories } from "./categories.ts";
import { type Handle, Ledger, type Stream } from "./ledger.ts";
import { play, type Step } from "./step.ts";

type Bytes = { readonly [category in Category]: number };

/** One place of the program. It ends with what the next one begins with, and the last with what the first begins with. */
export interface Place {
  /** "the forward pass of layer 5"; of several layers that are alike, which follow each other, the last. */
  readonly name: string;
  /** How many layers it stands for; what it begins and ends with are those of all, the fullest moment is the first one's. */
  readonly layers: number;
  readonly begin: Bytes;
  /** At its fullest moment. */
  readonly fullest: Bytes;
}

/** What a step holds from its begin to its end, in the order of the program. */
export function curveOf(step: Step): readonly Place[] {
  const recorder = new Recorder(step);
  play(step, recorder);
  return recorder.places;
}

interface Recorded {
  readonly category: Category | undefined;
  readonly bytes: number;
  /** Index of the place that allocates it, and of the one that frees it. */
  readonly born: number;
  died: number;
}

interface Visit {
  readonly name: string;
  readonly layers: number;
  /** What is allocated and freed; the index from which on it is of other layers. */
  readonly events: { readonly tensor: Recorded; readonly isFree: boolean }[];
  others: number;
}

/** Writes down the last step. */
class Recorder extends Ledger {
  private readonly held = new Map<Handle, Recorded>();
  private before: readonly Recorded[] = [];
  private visits: Visit[] = [];
  private readonly ofExperts: ReadonlySet<string>;
  private readonly ofHead: ReadonlySet<string>;

  /** What whole gradients are: without FSDP nothing reduces them, and the optimizer takes them as they are. */
  private readonly whole: Category;

  constructor({ experts, head, units }: Step) {
    super();
    this.whole = units.isSharded ? "unreduced" : "gradients";
    this.ofExperts = new Set([...experts.tensors.map(({ name }) => name), outputGradient]);
    this.ofHead = new Set(head.tensors.map(({ name }) => name));
  }

  get places(): readonly Place[] {
    const now = Object.fromEntries(categories.map((category) => [category, 0])) as Record<Category, number>;
    for (const { category = "activations", bytes } of this.before) now[category] += bytes;
    return this.visits.map(({ name, layers, events, others }) => {
      const begin = rounded(now);
      let [fullest, most] = [begin, totalOf(now)];
      for (const [index, { tensor, isFree }] of events.entries()) {
        const category = tensor.category ?? (tensor.born === tensor.died ? "work" : "activations");
        now[category] += isFree ? -tensor.bytes : tensor.bytes;
        if (index >= others || totalOf(now) <= most) continue;
        most = totalOf(now);
        fullest = rounded(now);
      }
      return { name, layers, begin, fullest };
    });
  }

  override begin(isLast: boolean): void {
    super.begin(isLast);
    this.before = [...this.held.values()];
    this.visits = [];
  }

  override reach(name: string, layers = 1): void {
    super.reach(name);
    this.visits.push({ name, layers, events: [], others: Number.POSITIVE_INFINITY });
  }

  override turnToOthers(): void {
    const visit = this.visits.at(-1);
    if (visit !== undefined) visit.others = visit.events.length;
  }

  override allocate(name: string, bytes: number, stream?: Stream): Handle {
    const handle = super.allocate(name, bytes, stream);
    const tensor = { category: this.categoryOf(name), bytes, born: this.visits.length, died: 0 };
    this.held.set(handle, tensor);
    this.visits.at(-1)?.events.push({ tensor, isFree: false });
    return handle;
  }

  override free(handle: Handle): void {
    super.free(handle);
    const tensor = this.held.get(handle);
    if (tensor === undefined) return;
    this.held.delete(handle);
    tensor.died = this.visits.length;
    this.visits.at(-1)?.events.push({ tensor, isFree: true });
  }

  /** Undefined for what layers make: whether it is kept for the backward pass is known when it is freed. */
  private categoryOf(name: string): Category | undefined {
    if (this.ofExperts.has(name)) return "experts";
    if (this.ofHead.has(name)) return "head";
    return named.get(name) ?? (name.startsWith("gradients of ") ? this.whole : undefined);
  }
}

const named: ReadonlyMap<string, Category> = new Map([
  ["parameters", "parameters"],
  ["optimizer states", "optimizer"],
  ["gradients", "gradients"],
  ["gradients of adapters", "gradients"],
  ["gradients before they are reduced", "gradients"],
  ["gradients while they are reduced", "unreduced"],
  ["gradients while they are divided", "unreduced"],
  ["parameters on their way", "gathered"],
  ["gathered parameters", "gathered"],
  ["workspaces of cuBLAS", "work"],
]);

function totalOf(bytes: Bytes): number {
  return categories.reduce((sum, category) => sum + bytes[category], 0);
}

function rounded(bytes: Bytes): Bytes {
  return Object.fromEntries(categories.map((category) => [category, Math.round(bytes[category])])) as Bytes;
}
