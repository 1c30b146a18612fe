/** Plays pieces by sets, as plainly as can be: what tests compare with. */
import type { Event, Piece, Tensor } from "../../src/estimate/program.ts";

/** What is allocated at one moment. */
interface Moment {
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
