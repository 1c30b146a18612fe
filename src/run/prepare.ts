import { writeBundle } from "../bundle/write.ts";
import { type Checked, compilePlan, type World } from "../compiler.ts";
import { type EmittedFile, type Host, partOf, type ReadResult, type WriteHost } from "../host.ts";
import type { Stacks } from "../stack/stacks.ts";
import { type Folded, foldMesh, worldOf } from "./fold.ts";
import { merged, mergedText, type ToyConfig, toyConfig } from "./toy-config.ts";
import { toyLength, toyPlan } from "./toy-plan.ts";

/** The compiler's world, which may be written to. */
export interface WriteWorld extends World {
  readonly host: WriteHost;
}

/** What the command line may ask of a rehearsal. */
export interface Request {
  /** The most ranks. */
  readonly ranks: number;
  readonly steps: number;
  /** Layers of the toy; as few as show every kind of layer where it is left out. */
  readonly layers: number | undefined;
  /** The longest that one stage may take, in seconds. */
  readonly seconds: number;
}

/** Whether the trainer starts on such a mesh of CPU processes; else model, loss and gradients are compared without it. */
export function isTrainable({ tp_size }: Folded): boolean {
  return tp_size === 1;
}

/** A rehearsal that is ready to run in its folder. */
export interface Prepared {
  readonly mesh: Folded;
  /** What computes attention in place of what the plan asks for, where CPU processes cannot do as it asks. */
  readonly attention: { readonly asked: string; readonly taken: string } | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Writes the bundle of the plan at toy size and what its rehearsal has to know to a folder that is there. Undefined where
 * the mesh cannot be folded to so few ranks.
 *
 * @throws Error when planc refuses its own toy, which is a mistake of planc's.
 */
export async function prepare(
  { host, stacks }: WriteWorld,
  checked: Checked,
  folder: string,
  request: Request,
): Promise<Prepared | undefined> {
  const made = await compileToy(stacks, checked, request);
  if (made === undefined) return undefined;
  const { mesh, toy, config } = made;
  const options = checked.task.toyOptions(checked.plan, { steps: request.steps, length: toyLength });
  const distinct = mesh.dp_replicate_size * mesh.fsdp_size;
  const accumulation = Number(options["gradient_accumulation_steps"] ?? 1) * distinct;
  const batches = request.steps * accumulation * Number(options["per_device_train_batch_size"] ?? 8);
  const rehearsal = {
    toy,
    world_size: worldOf(mesh),
    distinct_batches: distinct,
    trainer: isTrainable(mesh),
    ep_implementation: checked.plan.parallelism.ep_implementation,
    max_length: toyLength,
    packed: checked.rows.packed_by !== undefined,
    rows: 4 * batches + 16,
    seconds: request.seconds,
    reference: { ...options, gradient_checkpointing: false, gradient_accumulation_steps: accumulation },
  };
  const wrote = writeBundle(host, `${folder}/bundle`, made.files);
  const done = host.create(`${folder}/rehearsal.json`, new TextEncoder().encode(JSON.stringify(rehearsal)), false);
  if (wrote.value === undefined || !done.ok) throw new Error(`cannot write to ${folder}`);
  return { mesh, config, attention: made.attention };
}

/** The plan at toy size, compiled: its mesh folded, its model cut. */
export interface Toy extends Prepared {
  readonly toy: ToyConfig;
  readonly files: readonly EmittedFile[];
}

/**
 * Compiles the plan at toy size; undefined where the mesh cannot be folded to so few ranks.
 *
 * @throws Error when planc refuses its own toy, which is a mistake of planc's.
 */
export async function compileToy(
  stacks: Stacks,
  checked: Checked,
  { ranks, layers, steps }: Pick<Request, "ranks" | "layers" | "steps">,
): Promise<Toy | undefined> {
  const mesh = foldMesh(checked.sizes, ranks);
  if (mesh === undefined) return undefined;
  const toy = toyConfig(checked.model, mesh, layers);
  const config = merged(toy);
  const files = {
    "plan.yaml": JSON.stringify(toyPlan(checked, mesh, steps), null, 2),
    "config.json": mergedText(toy),
  };
  const { value, diagnostics } = await compilePlan({ host: inMemory(files), stacks }, "plan.yaml");
  if (value === undefined)
    throw new Error(`the toy is refused: ${diagnostics.map(({ message }) => message).join("; ")}`);
  return { mesh, toy, config, attention: replacedAttention(checked), files: value.files };
}

function replacedAttention({ plan, attention }: Checked): Prepared["attention"] {
  const { implementation: asked, on_cpu: taken } = attention;
  return plan.model.attn_implementation === undefined || asked === taken ? undefined : { asked, taken };
}

function inMemory(files: Readonly<Record<string, string>>): Host {
  const bytesOf = (path: string) => (Object.hasOwn(files, path) ? new TextEncoder().encode(files[path]) : undefined);
  const read = (path: string): ReadResult => {
    const bytes = bytesOf(path);
    return bytes === undefined ? { ok: false, why: "does not exist" } : { ok: true, bytes };
  };
  return {
    read,
    readAt: (path, offset, length) => partOf(read(path), offset, length),
    stat: (path) => {
      const size = bytesOf(path)?.length;
      return size === undefined ? { ok: false, why: "does not exist" } : { ok: true, kind: "file", size };
    },
    list: () => [],
  };
}
