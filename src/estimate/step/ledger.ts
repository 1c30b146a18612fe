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

/** Keeps account of a program that allocates and frees, step by step; an event costs a few additions. */
export class Ledger {
  private readonly names: string[] = [];
  private readonly sizes: number[] = [];
  private readonly streams: Stream[] = [];
  /** Below 0 for those that are free. */
  private readonly addresses: number[] = [];
  /** In which order they were allocated. */
  private readonly ages: number[] = [];
  private allocated = 0;
  /** Handles that are free, to be given again. */
  private readonly vacant: Handle[] = [];
  private readonly segments = {
    compute: new Segment(),
    gather: new Segment(),
    reduce: new Segment(),
    "all-reduce": new Segment(),
  };
  private bytes = 0;
  private at = "";
  /** Allocations of this step. */
  private count = 0;
  private highest = 0;
  private highestCount = 0;
  /** In the last step, the allocation that was the fullest moment of the one before. */
  private watched = 0;
  private fullest: Moment = { bytes: 0, at: "", tensors: [] };

  get account(): Account {
    const reserved = Object.values(this.segments).reduce((sum, segment) => sum + segment.reserved, 0);
    return { fullest: this.fullest, reserved };
  }

  /** Begins a step. Of the last, which has to be as the one before, what is held at the fullest moment is written down. */
  begin(isLast: boolean): void {
    this.watched = isLast ? this.highestCount : 0;
    this.count = 0;
    this.highest = 0;
  }

  /**
   * Says where the step is now.
   *
   * @param _layers how many layers the one that is played there stands for.
   */
  reach(place: string, _layers = 1): void {
    this.at = place;
  }

  /** What follows, up to the next place, is what the other layers leave or give back there, all at once. */
  turnToOthers(): void {}

  allocate(name: string, bytes: number, stream: Stream = "compute"): Handle {
    const handle = this.vacant.pop() ?? this.names.length;
    this.names[handle] = name;
    this.sizes[handle] = bytes;
    this.streams[handle] = stream;
    this.addresses[handle] = this.segments[stream].allocate(bytes);
    this.ages[handle] = this.allocated++;
    this.bytes += bytes;
    this.count++;
    if (this.bytes > this.highest) {
      this.highest = this.bytes;
      this.highestCount = this.count;
    }
    if (this.count === this.watched) this.fullest = this.moment();
    return handle;
  }

  free(handle: Handle): void {
    const address = this.addresses[handle] as number;
    if (address < 0) throw new Error(`${this.names[handle]} is freed twice`);
    const size = this.sizes[handle] as number;
    this.bytes -= size;
    this.segments[this.streams[handle] as Stream].free(address, size);
    this.addresses[handle] = -1;
    this.vacant.push(handle);
  }

  private moment(): Moment {
    const sums = new Map<string, number>();
    const held = [...this.addresses.keys()].filter((handle) => (this.addresses[handle] as number) >= 0);
    held.sort((a, b) => (this.ages[a] as number) - (this.ages[b] as number));
    for (const handle of held) {
      const name = this.names[handle] as string;
      sums.set(name, (sums.get(name) ?? 0) + (this.sizes[handle] as number));
    }
    const tensors = [...sums].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
    return { bytes: this.bytes, at: this.at, tensors };
  }
}
