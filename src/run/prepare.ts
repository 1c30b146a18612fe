import { writeBundle } from "../bundle/write.ts";
import { type Checked, compileAlone, type World } from "../compiler.ts";
import type { WriteHost } from "../host.ts";
import { compileToy, type Toy, type ToyRequest } from "../toy/compile.ts";
import { type Length, rehearsalOf } from "../toy/rehearsal.ts";

/** The compiler's world, which may be written to. */
export interface WriteWorld extends World {
  readonly host: WriteHost;
}

/** What the command line may ask of a rehearsal. */
export interface Request extends ToyRequest, Length {}

/** A rehearsal that is ready to run in its folder. */
export interface Prepared extends Pick<Toy, "mesh" | "config"> {
  /** What computes attention in place of what the plan asks for, where CPU processes cannot do as it asks. */
  readonly attention: { readonly asked: string; readonly taken: string } | undefined;
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
  const toy = await compileToy(compileAlone, stacks, checked, request);
  if (toy === undefined) return undefined;
  const rehearsal = rehearsalOf(checked, toy, request);
  const wrote = writeBundle(host, `${folder}/bundle`, toy.files);
  const done = host.create(`${folder}/rehearsal.json`, new TextEncoder().encode(JSON.stringify(rehearsal)), false);
  if (wrote.value === undefined || !done.ok) throw new Error(`cannot write to ${folder}`);
  return { mesh: toy.mesh, config: toy.config, attention: replacedAttention(checked) };
}

function replacedAttention({ plan, attention }: Checked): Prepared["attention"] {
  const { implementation: asked, on_cpu: taken } = attention;
  return plan.model.attn_implementation === undefined || asked === taken ? undefined : { asked, taken };
}
