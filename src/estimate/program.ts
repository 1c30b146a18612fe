/**
 * What a piece of a step allocates and frees, in the order in which it does. Cost does not depend on sizes: a tensor is a
 * number of bytes.
 */

/** A tensor, or several of one name that come and go together. */
export interface Tensor {
  /** The module that makes it, and what it is: `self_attn.q_proj: output`. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * An event: `n` allocates `tensors[n]`, `~n` frees it. `"experts"` is where another piece runs: the experts with their dispatch.
 */
export type Event = number | "experts";

/** A piece of the model in one micro-batch. What forward leaves allocated is kept for backward, which frees it. */
export interface Piece {
  readonly tensors: readonly Tensor[];
  readonly forward: readonly Event[];
  readonly backward: readonly Event[];
}

/** What is allocated at one moment. */
export interface Moment {
  readonly bytes: number;
  readonly alive: readonly Tensor[];
}

/** Plays events over what is alive already. */
export class Allocations {
  private readonly alive = new Set<Tensor>();
  private bytes = 0;
  private highest: Moment = { bytes: 0, alive: [] };

  allocate(tensor: Tensor): void {
    if (this.alive.has(tensor)) throw new Error(`${tensor.name} is allocated twice`);
    this.alive.add(tensor);
    this.bytes += tensor.bytes;
    if (this.bytes > this.highest.bytes) this.highest = { bytes: this.bytes, alive: [...this.alive] };
  }

  free(tensor: Tensor): void {
    if (!this.alive.delete(tensor)) throw new Error(`${tensor.name} is freed, and was not allocated`);
    this.bytes -= tensor.bytes;
  }

  /** Runs `events` of a piece; `inner` is called where its experts run. */
  run({ tensors }: Piece, events: readonly Event[], inner: () => void = () => undefined): void {
    for (const event of events) {
      if (event === "experts") inner();
      else if (event >= 0) this.allocate(tensors[event] as Tensor);
      else this.free(tensors[~event] as Tensor);
    }
  }

  get now(): Moment {
    return { bytes: this.bytes, alive: [...this.alive] };
  }

  get peak(): Moment {
    return this.highest;
  }
}
