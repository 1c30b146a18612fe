import type { Handle, Ledger } from "./ledger.ts";

/** Parameters that FSDP2 gathers and whose gradients it reduces together, on the rank that holds the most. */
export interface Unit {
  readonly name: string;
  /** Numbers of the parameters on this rank when they are gathered. */
  readonly whole: number;
  /** Numbers of its share. */
  readonly share: number;
  /** Ranks that share them. */
  readonly ranks: number;
  /** Ranks that hold the same share, whose gradients are summed too. */
  readonly replicas: number;
  /** Gradients are divided by another number than that of the ranks, for experts: see `foreach_reduce`. */
  readonly divides: boolean;
  /** Stays gathered from its forward to its backward. */
  readonly stays: boolean;
  /** FSDP has no part in it: experts that one rank alone has. Neither gathered nor reduced; gradients are divided as they come. */
  readonly isOutside: boolean;
}

/** The units of a model, in the order of its forward pass: embedding, layers with their experts inside, head. */
export interface Units {
  /** Whether FSDP is at work at all; without it parameters are there whole, and gradients stay as they are computed. */
  readonly isSharded: boolean;
  readonly embedding: Unit;
  readonly layer: (index: number) => LayerUnits;
  readonly head: Unit;
  /** What no other unit has, gathered by the model itself. */
  readonly root: Unit;
}

export interface LayerUnits {
  readonly dense: Unit;
  /** Empty where a layer has none, or where nothing is dispatched. */
  readonly experts: Unit;
  /** Numbers of the experts' weights, gathered on this rank, in whichever unit they are. */
  readonly expertNumbers: number;
}

/** Bytes of a number: as it is held, as it is computed with, as gradients are summed. */
export interface Formats {
  readonly parameters: number;
  readonly compute: number;
  readonly reduce: number;
}

/**
 * FSDP2's buffers, in the order in which torch allocates and frees them (`torch/distributed/fsdp/_fully_shard`, 2.11 to 2.15).
 * A unit is gathered into one buffer and copied out of it; in forward that buffer is freed when the next unit is copied out, in
 * backward at once, and there the next unit is gathered while this one computes. Of a reduction the input is kept until the next.
 */
export class Fsdp {
  private readonly gathered = new Map<Unit, Handle>();
  private readonly ahead = new Map<Unit, Handle>();
  private readonly accumulated = new Map<Unit, Handle>();
  private readonly whole = new Map<Unit, readonly Handle[]>();
  /** Of parameters outside, by their numbers in the unit. */
  private readonly sums = new Map<Unit, Map<number, Handle>>();
  /** The same for the units that another one stands for. */
  private readonly others = new Map<Unit, Handle>();
  private buffer: Handle | null = null;
  private reducing: Handle[] = [];
  /** Those that the optimizer takes. */
  private gradients: Handle[] = [];

  constructor(
    private readonly ledger: Ledger,
    private readonly formats: Formats,
    private readonly isSharded: boolean,
    /** Nothing has a gradient. */
    private readonly isFrozen: boolean,
  ) {}

  gather(unit: Unit): void {
    if (!this.isSharded || this.gathered.has(unit) || unit.whole === 0 || unit.isOutside) return;
    const buffer = this.start(unit);
    this.endForward();
    this.gathered.set(unit, this.copyOut(unit));
    this.buffer = buffer;
  }

  /** After the forward of a unit. */
  leave(unit: Unit): void {
    if (!unit.stays) this.release(unit);
  }

  /** The last buffer of forward goes. */
  endForward(): void {
    if (this.buffer !== null) this.ledger.free(this.buffer);
    this.buffer = null;
  }

  /** @param next the unit that the backward pass comes to after this one. */
  gatherAgain(unit: Unit, next: Unit | undefined): void {
    if (!this.isSharded || unit.isOutside) return;
    if (unit.whole > 0 && !this.gathered.has(unit)) {
      const buffer = this.ahead.get(unit) ?? this.start(unit);
      this.ahead.delete(unit);
      this.gathered.set(unit, this.copyOut(unit));
      if (buffer !== null) this.ledger.free(buffer);
    }
    if (next === undefined || next.whole === 0 || this.gathered.has(next) || this.ahead.has(next)) return;
    const buffer = this.start(next);
    if (buffer !== null) this.ahead.set(next, buffer);
  }

  /**
   * After the backward of a unit: `gradients` are freed. Not of the last micro-batch, they are added up on the rank.
   *
   * @param atEnd whether the end of the whole backward pass does it, since no gradient flows to the unit's input.
   */
  reduce(unit: Unit, gradients: readonly Handle[], isLast: boolean, atEnd = false): void {
    this.release(unit);
    if (unit.whole === 0 || this.isFrozen || unit.isOutside) return;
    const { parameters, reduce } = this.formats;
    const { ledger } = this;
    const before = this.accumulated.get(unit);
    if (!this.isSharded) {
      // They are the gradients that the optimizer takes; those of a later micro-batch are added to them.
      if (this.whole.has(unit)) for (const gradient of gradients) ledger.free(gradient);
      else this.whole.set(unit, gradients);
      return;
    }
    if (!isLast && unit.replicas === 1) {
      if (before === undefined)
        this.accumulated.set(unit, ledger.allocate("gradients before they are reduced", unit.whole * reduce));
      for (const gradient of gradients) ledger.free(gradient);
      return;
    }
    this.endReduction();
    const input = ledger.allocate("gradients while they are reduced", unit.ranks * unit.share * reduce);
    if (!atEnd) for (const gradient of gradients) ledger.free(gradient);
    const output = ledger.allocate("gradients", unit.share * reduce, "reduce");
    if (unit.ranks === 1 && unit.divides)
      ledger.free(ledger.allocate("gradients while they are divided", unit.whole * reduce, "reduce"));
    this.reducing = [input];
    if (atEnd) for (const gradient of gradients) ledger.free(gradient);
    if (!isLast) {
      // Replicas sum their shares when the last micro-batch is done; until then each rank adds up its own.
      if (before === undefined) this.accumulated.set(unit, output);
      else ledger.free(output);
      return;
    }
    if (before !== undefined) ledger.free(before);
    this.accumulated.delete(unit);
    if (parameters === reduce) {
      this.gradients.push(output);
      return;
    }
    const stream = unit.replicas > 1 ? "all-reduce" : "reduce";
    this.gradients.push(ledger.allocate("gradients", unit.share * parameters, stream));
    if (unit.replicas > 1) this.reducing.push(output);
    else ledger.free(output);
  }

  /**
   * The gradient of one parameter outside of FSDP has come: it goes into the sum of the step's micro-batches, or is divided.
   *
   * @param number which parameter of the unit it is.
   * @param part its share of the unit.
   */
  divide(unit: Unit, number: number, part: number, gradient: Handle, isLast: boolean): void {
    const { ledger } = this;
    const numbers = unit.whole * part;
    const sums = this.sums.get(unit) ?? new Map<number, Handle>();
    this.sums.set(unit, sums);
    const before = sums.get(number);
    const name = "gradients before they are reduced";
    if (!isLast) {
      if (before === undefined) sums.set(number, ledger.allocate(name, numbers * this.formats.reduce));
      ledger.free(gradient);
      return;
    }
    const isCast = before !== undefined && this.formats.parameters !== this.formats.reduce;
    const divided = isCast ? ledger.allocate("gradients while they are divided", numbers * this.formats.reduce) : null;
    this.gradients.push(ledger.allocate("gradients", numbers * this.formats.parameters));
    if (divided !== null) ledger.free(divided);
    if (before !== undefined) ledger.free(before);
    sums.delete(number);
    ledger.free(gradient);
  }

  /**
   * What becomes of as many more units of this size, seen from their end.
   *
   * @param parts shares of a unit's parameters, where each is reduced by itself.
   */
  reduceLike(unit: Unit, times: number, isLast: boolean, parts: readonly number[]): void {
    if (unit.whole === 0 || this.isFrozen) return;
    const { ledger } = this;
    const { parameters, compute, reduce } = this.formats;
    const rest = this.others.get(unit);
    if (!this.isSharded) {
      if (rest === undefined) this.others.set(unit, ledger.allocate("gradients", unit.whole * compute * times));
    } else if (isLast) {
      if (rest !== undefined) ledger.free(rest);
      this.others.delete(unit);
      const bytes = unit.share * parameters * times;
      if (!unit.isOutside) {
        this.gradients.push(ledger.allocate("gradients", bytes, "reduce"));
        return;
      }
      // Between what layers compute each finds a place, where one block of all would find none.
      const blocks = Math.min(times, 16);
      for (let block = 0; block < blocks; block++)
        for (const part of parts) this.gradients.push(ledger.allocate("gradients", (bytes * part) / blocks));
    } else if (rest === undefined) {
      const size = unit.replicas === 1 ? unit.whole : unit.share;
      this.others.set(unit, ledger.allocate("gradients before they are reduced", size * reduce * times));
    }
  }

  /** After the optimizer's step. */
  forget(): void {
    const kept = [...[...this.whole.values()].flat(), ...this.others.values()];
    for (const handle of [...this.gradients, ...kept]) this.ledger.free(handle);
    this.gradients = [];
    this.whole.clear();
    this.others.clear();
  }

  endReduction(): void {
    for (const handle of this.reducing) this.ledger.free(handle);
    this.reducing = [];
  }

  private start(unit: Unit): Handle | null {
    if (unit.ranks === 1) return null;
    return this.ledger.allocate("parameters on their way", unit.ranks * unit.share * this.formats.compute, "gather");
  }

  private copyOut(unit: Unit): Handle {
    return this.ledger.allocate("gathered parameters", unit.whole * this.formats.compute);
  }

  private release(unit: Unit): void {
    const handle = this.gathered.get(unit);
    if (handle !== undefined) this.ledger.free(handle);
    this.gathered.delete(unit);
  }
}
