import { Segment } from "./segment.ts";

/** What is allocated at one moment of a step. */
export interface Moment {
  readonly bytes: number;
  /** Where in the step it is. */
  readonly at: string;
  /** By name, the largest first. */
  readonly tensors: readonly { readonly name: string; readonly bytes: number }[];
}

/** Streams of a step, each of which torch's allocator keeps memory for: what one has freed no other gets. */
export type Stream = "compute" | "gather" | "reduce" | "all-reduce";

/** What a step holds. */
export interface Account {
  readonly fullest: Moment;
  /** What the allocator takes of the GPU for it: of one stream nothing goes to another. */
  readonly reserved: number;
}

/** A tensor that is allocated: its number in the ledger. */
export type Handle = number;

/**
 * Keeps account of a program that allocates and frees. The program is run twice: once to find its fullest moment, once more up
 * to there to say what it holds; so that keeping account costs an addition an event.
 */
export class Ledger {
  private readonly names: (string | null)[] = [];
  private readonly sizes: number[] = [];
  private readonly streams: Stream[] = [];
  private readonly addresses: number[] = [];
  private readonly segments = {
    compute: new Segment(),
    gather: new Segment(),
    reduce: new Segment(),
    "all-reduce": new Segment(),
  };
  private bytes = 0;
  private events = 0;
  private highest = 0;
  private highestEvent = 0;
  private found: Moment | undefined;
  private at = "";

  private constructor(private readonly until: number) {}

  /** The account of `program`, which must do the same each time. */
  static of(program: (ledger: Ledger) => void): Account {
    const first = new Ledger(Number.POSITIVE_INFINITY);
    program(first);
    const second = new Ledger(first.highestEvent);
    program(second);
    const reserved = Object.values(first.segments).reduce((sum, segment) => sum + segment.reserved, 0);
    return { fullest: second.found ?? { bytes: 0, at: "", tensors: [] }, reserved };
  }

  /** Says where the step is now. */
  reach(place: string): void {
    this.at = place;
  }

  allocate(name: string, bytes: number, stream: Stream = "compute"): Handle {
    this.names.push(name);
    this.sizes.push(bytes);
    this.streams.push(stream);
    this.bytes += bytes;
    this.addresses.push(this.segments[stream].allocate(bytes));
    this.events++;
    if (this.bytes > this.highest) {
      this.highest = this.bytes;
      this.highestEvent = this.events;
      if (this.events === this.until) this.found = this.moment();
    }
    return this.names.length - 1;
  }

  free(handle: Handle): void {
    if (this.names[handle] === null) throw new Error("a tensor is freed twice");
    this.names[handle] = null;
    this.bytes -= this.sizes[handle] as number;
    this.segments[this.streams[handle] as Stream].free(this.addresses[handle] as number, this.sizes[handle] as number);
  }

  private moment(): Moment {
    const sums = new Map<string, number>();
    for (const [index, name] of this.names.entries())
      if (name !== null) sums.set(name, (sums.get(name) ?? 0) + (this.sizes[index] as number));
    const tensors = [...sums].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
    return { bytes: this.bytes, at: this.at, tensors };
  }
}
