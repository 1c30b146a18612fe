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

/** Keeps account of a program that allocates and frees; an event costs a few additions. */
export class Ledger {
  private readonly names: string[] = [];
  private readonly sizes: number[] = [];
  private readonly streams: Stream[] = [];
  private readonly addresses: number[] = [];
  /** Numbers of the events that allocated each, and that freed it. */
  private readonly made: number[] = [];
  private readonly gone: number[] = [];
  private readonly segments = {
    compute: new Segment(),
    gather: new Segment(),
    reduce: new Segment(),
    "all-reduce": new Segment(),
  };
  private events = 0;
  private bytes = 0;
  private at = "";
  private highest = { bytes: 0, event: 0, at: "" };

  get account(): Account {
    const reserved = Object.values(this.segments).reduce((sum, segment) => sum + segment.reserved, 0);
    return { fullest: this.fullest(), reserved };
  }

  /** Says where the step is now. */
  reach(place: string): void {
    this.at = place;
  }

  allocate(name: string, bytes: number, stream: Stream = "compute"): Handle {
    this.names.push(name);
    this.sizes.push(bytes);
    this.streams.push(stream);
    this.addresses.push(this.segments[stream].allocate(bytes));
    this.bytes += bytes;
    this.made.push(++this.events);
    this.gone.push(Number.POSITIVE_INFINITY);
    if (this.bytes > this.highest.bytes) this.highest = { bytes: this.bytes, event: this.events, at: this.at };
    return this.names.length - 1;
  }

  free(handle: Handle): void {
    if (this.gone[handle] !== Number.POSITIVE_INFINITY) throw new Error(`${this.names[handle]} is freed twice`);
    this.gone[handle] = ++this.events;
    const size = this.sizes[handle] as number;
    this.bytes -= size;
    this.segments[this.streams[handle] as Stream].free(this.addresses[handle] as number, size);
  }

  private fullest(): Moment {
    const { bytes, event, at } = this.highest;
    const sums = new Map<string, number>();
    for (const [handle, name] of this.names.entries())
      if ((this.made[handle] as number) <= event && (this.gone[handle] as number) > event)
        sums.set(name, (sums.get(name) ?? 0) + (this.sizes[handle] as number));
    const tensors = [...sums].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
    return { bytes, at, tensors };
  }
}
