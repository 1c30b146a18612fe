import type { EmittedFile } from "../host.ts";
import type { MeshFacts } from "../stack/facts.ts";
import type { Stacks } from "../stack/stacks.ts";
import { type Compile, compileToy, type Toy } from "./compile.ts";
import { isTrainable, worldOf } from "./fold.ts";
import { toyLength } from "./plan.ts";

/** How long a rehearsal is: steps to compare, and the seconds that one stage may take. */
export interface Length {
  readonly steps: number;
  readonly seconds: number;
}

/** What `planc_runtime.rehearsal` has to know beside the toy's bundle. */
export function rehearsalOf(checked: MeshFacts, { mesh, toy }: Toy, { steps, seconds }: Length) {
  const options = checked.task.toyOptions(checked.plan, { steps, length: toyLength });
  const distinct = mesh.dp_replicate_size * mesh.fsdp_size;
  const accumulation = Number(options["gradient_accumulation_steps"] ?? 1) * distinct;
  const batches = steps * accumulation * Number(options["per_device_train_batch_size"] ?? 8);
  return {
    toy,
    task: checked.plan.task,
    world_size: worldOf(mesh),
    distinct_batches: distinct,
    trainer: isTrainable(mesh),
    ep_implementation: checked.plan.parallelism.ep_implementation,
    max_length: toyLength,
    packed: checked.rows.packed_by !== undefined,
    rows: 4 * batches + 16,
    seconds,
    reference: { ...options, gradient_checkpointing: false, gradient_accumulation_steps: accumulation },
  };
}

const folder = "rehearsal";

/** What a job on a release that planc has not read rehearses before it trains. Eight ranks, or as many as the mesh takes. */
export async function rehearsalFiles(compile: Compile, stacks: Stacks, checked: MeshFacts): Promise<EmittedFile[]> {
  const size = { layers: undefined, steps: 2 };
  const toy =
    (await compileToy(compile, stacks, checked, { ...size, ranks: 8 })) ??
    (await compileToy(compile, stacks, checked, { ...size, ranks: checked.sizes.world_size }));
  if (toy === undefined) throw new Error("a mesh that cannot be folded to its own size");
  const spec = rehearsalOf(checked, toy, { steps: size.steps, seconds: 600 });
  const programs = toy.files.filter(({ path }) => path === "train.py" || path === "plan.lock.json");
  const files = [{ path: "rehearsal.json", content: `${JSON.stringify(spec, null, 2)}\n` }, ...programs];
  return files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
}
