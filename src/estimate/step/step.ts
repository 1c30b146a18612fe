import type { ExpertsPiece } from "../experts/piece.ts";
import type { LayerPieces, OutsidePiece } from "../layer-pieces.ts";
import { type Event, isRowsGradient, output, outputGradient, type Piece, type Tensor } from "../program.ts";
import { type Formats, Fsdp, type LayerUnits, type Unit, type Units } from "./fsdp.ts";
import { type Account, type Handle, Ledger } from "./ledger.ts";
import { type Stretch, stretchesOf } from "./stretches.ts";

/** One optimizer step of a rank. */
export interface Step {
  readonly formats: Formats;
  /** Bytes that stay from step to step. */
  readonly parameters: number;
  readonly optimizer: number;
  /**
   * Where adapters are trained in place of the parameters: bytes of their gradients by layer, of what they keep for the backward pass,
   * and of what is there while one computes. Null where the parameters are trained.
   */
  readonly adapters: {
    readonly gradients: ReadonlyMap<number, number>;
    readonly kept: number;
    readonly passing: number;
  } | null;
  readonly units: Units;
  readonly pieces: LayerPieces;
  readonly experts: ExpertsPiece;
  readonly head: Piece;
  /** Micro-batches. */
  readonly batches: number;
  /** Scores and masks of attention: while a layer computes its backward, what each layer keeps, and what all share. */
  readonly attention: { readonly layer: number; readonly kept: number; readonly masks: number };
  /** The second product's part of the experts' weights. */
  readonly downPart: number;
  /** Logits of one layer's router where the loss has a term of them, else 0. */
  readonly router: number;
  /** What cuBLAS keeps for itself. */
  readonly workspaces: number;
}

/** What a step after the first holds, which has the optimizer's states from the beginning. */
export function accountOf(step: Step): Account {
  const ledger = new Ledger();
  play(step, ledger);
  return ledger.account;
}

/** Plays three steps: the last is as all that follow. */
export function play(step: Step, ledger: Ledger): void {
  new Run(step, ledger).play();
}

/** A piece in one micro-batch, between its forward and its backward. */
interface Played {
  readonly piece: Piece;
  readonly handles: (Handle | undefined)[];
}

interface PlayedLayer extends Played {
  readonly stretch: Stretch;
  readonly units: LayerUnits;
  readonly experts: (Played & { readonly piece: ExpertsPiece }) | null;
  /** What the other layers of the stretch keep. */
  readonly others: readonly Handle[];
  /** Its router's logits, until there is a loss. */
  readonly router: Handle;
}

class Run {
  private readonly fsdp: Fsdp;
  private isLast = true;
  /** Units in the order in which backward comes to them. */
  private order: readonly Unit[] = [];
  /** Of adapters, by the first of their layers: from the layers' first backward pass to the optimizer's step. */
  private readonly adapterGradients = new Map<number, Handle>();

  constructor(
    private readonly step: Step,
    private readonly ledger: Ledger,
  ) {
    this.fsdp = new Fsdp(ledger, step.formats, step.units.isSharded, step.adapters !== null);
  }

  play(): void {
    const { ledger, step } = this;
    ledger.reach("between steps");
    for (const bytes of this.states(step.parameters)) ledger.allocate("parameters", bytes);
    ledger.allocate("workspaces of cuBLAS", step.workspaces);
    // The first step makes the optimizer's states, in places that it has made free; from the second on all are alike.
    for (let time = 0; time < 3; time++) {
      ledger.begin(time === 2);
      // Of several micro-batches the first leaves gradients behind and the last reduces them; more are as these two.
      for (let batch = Math.max(0, step.batches - 2); batch < step.batches; batch++) {
        this.isLast = batch === step.batches - 1;
        this.microBatch();
      }
      ledger.reach("the optimizer's step");
      if (time === 0) for (const bytes of this.states(step.optimizer)) ledger.allocate("optimizer states", bytes);
      this.fsdp.forget();
      for (const handle of this.adapterGradients.values()) ledger.free(handle);
      this.adapterGradients.clear();
    }
  }

  /** Bytes that are spread over the parameters, in a block for each layer, of many layers in some. */
  private states(bytes: number): number[] {
    const layers = this.step.pieces.kinds.reduce((sum, kind) => sum + kind.count, 0);
    const count = Math.min(layers, 32);
    return new Array(count).fill(bytes / count);
  }

  private microBatch(): void {
    const { ledger, fsdp, step } = this;
    const { units, pieces } = step;
    ledger.reach("the forward pass of the embedding");
    const adapters = step.adapters && ledger.allocate("what adapters keep", step.adapters.kept + step.adapters.passing);
    fsdp.gather(units.root);
    fsdp.gather(units.embedding.whole > 0 ? units.embedding : units.head);
    const before = this.forward(pieces.before);
    const lasting = pieces.lasting.map(({ name, bytes }) => ledger.allocate(name, bytes));
    fsdp.leave(units.embedding);
    const masks = ledger.allocate("attention masks", step.attention.masks);
    let last: Played = before;
    const layers = stretchesOf(pieces).map((stretch) => {
      const layer = this.layerForward(stretch);
      if (!stretch.kind.keepsInput) this.freeOutput(last);
      last = layer;
      return layer;
    });
    ledger.reach("the forward pass of the loss head");
    for (const handle of lasting) ledger.free(handle);
    fsdp.gather(units.head);
    const behind = this.forward(pieces.behind);
    if (!pieces.behind.keepsInput) this.freeOutput(last);
    const head = this.forward({ piece: step.head });
    // The routers' probabilities are computed again for their loss, whose backward comes first and leaves gradients of their logits.
    const logits = layers.map(({ router }) => router);
    const routers = layers.map((layer) => this.router(layer.stretch));
    for (const handle of logits) ledger.free(handle);
    fsdp.endForward();

    ledger.reach("the backward pass of the loss head");
    layers.reverse();
    routers.reverse();
    const gathered = layers.flatMap(({ units: { dense, experts } }) =>
      experts.isOutside ? [dense] : [dense, experts],
    );
    this.order = [...gathered, units.embedding];
    fsdp.gatherAgain(
      units.head,
      this.order.find(({ whole }) => whole > 0),
    );
    const headGradient = this.gradient(units.head);
    this.run(head, step.head.backward);
    this.run(behind, pieces.behind.piece.backward);
    fsdp.reduce(units.head, headGradient, this.isLast);
    for (const [index, layer] of layers.entries()) {
      this.layerBackward(layer);
      ledger.free(routers[index] as Handle);
    }

    ledger.reach("the backward pass of the embedding");
    ledger.free(masks);
    if (units.embedding.whole > 0) fsdp.gatherAgain(units.embedding, undefined);
    this.run(before, pieces.before.piece.backward);
    for (const unit of [units.embedding, units.root]) fsdp.reduce(unit, this.gradient(unit), this.isLast, true);
    fsdp.endReduction();
    if (adapters !== null) ledger.free(adapters);
  }

  private layerForward(stretch: Stretch): PlayedLayer {
    const { fsdp, ledger, step } = this;
    const { kind, first, count } = stretch;
    ledger.reach(`the forward pass of layer ${first + count - 1}`, count);
    const units = step.units.layer(first);
    const experts = kind.piece.forward.includes("experts") ? { piece: step.experts, handles: [] } : null;
    const played = { piece: kind.piece, handles: [], stretch, units, experts };
    fsdp.gather(units.dense);
    this.run(played, kind.piece.forward, {
      experts: () => {
        fsdp.gather(units.experts);
        if (experts !== null) this.run(experts, experts.piece.forward);
        fsdp.leave(units.experts);
      },
    });
    fsdp.leave(units.dense);
    ledger.turnToOthers();
    const others = [ledger.allocate("scores of attention", step.attention.kept * count)];
    if (count > 1)
      for (const { piece, handles } of experts === null ? [played] : [played, experts])
        for (const [index, { name, bytes }] of piece.tensors.entries())
          if (handles[index] !== undefined && (kind.keepsInput || name !== output))
            others.push(ledger.allocate(name, bytes * (count - 1)));
    return { ...played, others, router: this.router(stretch) };
  }

  private layerBackward({ stretch, units, experts, others, ...played }: PlayedLayer): void {
    const { fsdp, ledger, step } = this;
    const { first, count } = stretch;
    const { backward } = played.piece;
    ledger.reach(`the backward pass of layer ${first + count - 1}`, count);
    this.gradientsOfAdapters(first, 1);
    fsdp.gatherAgain(units.dense, this.next(units.dense));
    const times = backward.filter((event) => event === "experts").length;
    const expertGradients: Handle[] = [];
    let denseGradients = experts === null ? this.gradient(units.dense) : [];
    let time = 0;
    const scores = ledger.allocate("scores of attention", step.attention.layer);
    this.run(played, backward, {
      gradient: () => {
        if (experts === null) return;
        fsdp.gatherAgain(units.experts, this.next(units.experts));
        this.expertsBackward(experts, experts.piece.before, stretch, units, expertGradients);
      },
      experts: () => {
        if (experts === null) return;
        time++;
        if (time < times) {
          this.run(experts, experts.piece.again);
          return;
        }
        // Both gradients of what the experts took are there while those of their weights are reduced.
        const { backward } = experts.piece;
        const rest = backward.length - 2;
        this.expertsBackward(experts, backward.slice(0, rest), stretch, units, expertGradients);
        const isApart = units.experts.whole > 0;
        if (isApart) fsdp.reduce(units.experts, expertGradients, this.isLast);
        this.run(experts, backward.slice(rest));
        const others = isApart ? units.dense.whole : units.dense.whole - units.expertNumbers;
        if (step.adapters !== null) return;
        denseGradients = [ledger.allocate("gradients of a layer", others * step.formats.compute)];
        if (!isApart) denseGradients.push(...expertGradients);
      },
    });
    fsdp.reduce(units.dense, denseGradients, this.isLast);
    ledger.free(scores);
    ledger.turnToOthers();
    for (const handle of others) ledger.free(handle);
    this.gradientsOfAdapters(first + 1, count - 1);
    const parts = [step.downPart, 1 - step.downPart];
    if (count > 1)
      for (const unit of [units.dense, units.experts]) fsdp.reduceLike(unit, count - 1, this.isLast, parts);
  }

  /** Gradients of the experts' weights come with those of the rows that they multiply. */
  private expertsBackward(
    played: Played,
    events: readonly Event[],
    { kind }: Stretch,
    { experts, expertNumbers }: LayerUnits,
    gradients: Handle[],
  ): void {
    const { ledger, step } = this;
    const size = step.formats.compute;
    this.run(played, events, {
      // Where another branch has the gradient of the output too, it is counted there.
      skips: (name) => kind.sharesGradient && name === outputGradient,
      allocated: (name) => {
        if (step.adapters !== null || !isRowsGradient(name)) return;
        const part = gradients.length === 0 ? step.downPart : 1 - step.downPart;
        const gradient = ledger.allocate("gradients of experts", expertNumbers * part * size);
        gradients.push(gradient);
        if (experts.isOutside) this.fsdp.divide(experts, gradients.length - 1, part, gradient, this.isLast);
      },
    });
  }

  /** A piece's output, once nobody has it any more. */
  private freeOutput({ piece, handles }: Played): void {
    const index = piece.tensors.findLastIndex(({ name }, each) => name === output && handles[each] !== undefined);
    const handle = handles[index];
    if (handle === undefined) return;
    this.ledger.free(handle);
    handles[index] = undefined;
  }

  private router({ kind, count }: Stretch): Handle {
    const bytes = kind.piece.forward.includes("experts") ? this.step.router * count : 0;
    return this.ledger.allocate("logits of the routers", bytes);
  }

  private gradient(unit: Unit): Handle[] {
    if (unit.whole === 0 || this.step.adapters !== null) return [];
    return [this.ledger.allocate(`gradients of ${unit.name}`, unit.whole * this.step.formats.compute)];
  }

  private gradientsOfAdapters(first: number, count: number): void {
    const { adapters } = this.step;
    if (adapters === null || count === 0 || this.adapterGradients.has(first)) return;
    const layers = Array.from({ length: count }, (_, index) => adapters.gradients.get(first + index) ?? 0);
    const bytes = layers.reduce((sum, each) => sum + each, 0);
    this.adapterGradients.set(first, this.ledger.allocate("gradients of adapters", bytes));
  }

  private next(unit: Unit): Unit | undefined {
    return this.order.slice(this.order.indexOf(unit) + 1).find(({ whole }) => whole > 0);
  }

  private forward({ piece }: Pick<OutsidePiece, "piece">): Played {
    const played: Played = { piece, handles: [] };
    this.run(played, piece.forward);
    return played;
  }

  private run({ piece, handles }: Played, events: readonly Event[], calls: Calls = {}): void {
    for (const event of events) {
      if (event === "experts") {
        calls.experts?.();
        continue;
      }
      const index = event >= 0 ? event : ~event;
      const { name, bytes } = piece.tensors[index] as Tensor;
      if (calls.skips?.(name)) continue;
      if (event >= 0) {
        handles[index] = this.ledger.allocate(name, bytes);
        if (name === outputGradient) calls.gradient?.();
        calls.allocated?.(name);
      } else {
        if (handles[index] !== undefined) this.ledger.free(handles[index]);
        handles[index] = undefined;
      }
    }
  }
}

/** What happens at events of a piece. */
interface Calls {
  readonly experts?: () => void;
  /** When the gradient of the output has come. */
  readonly gradient?: () => void;
  readonly allocated?: (name: string) => void;
  readonly skips?: (name: string) => boolean;
}
