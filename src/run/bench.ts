import { writeBundle } from "../bundle/write.ts";
import { type Checked, compileAlone, compilePlan } from "../compiler.ts";
import { compileToy } from "../toy/compile.ts";
import type { WriteWorld } from "./prepare.ts";

/** What of the plan is measured. */
export interface Size {
  /** At toy size, on CPU processes: a test of the bench itself. */
  readonly isToy: boolean;
  /** Layers to keep; undefined leaves it to the bench. All of a toy are those that it has anyway. */
  readonly layers: number | "all" | undefined;
  /** Processes; undefined leaves it to the bench. */
  readonly ranks: number | undefined;
}

/**
 * Writes the plan's bundle, or that of its toy, and its model's config.json to a folder that is there.
 *
 * @returns arguments of `planc_runtime.bench`.
 * @throws Error when planc refuses its own toy or cannot write there.
 */
export async function prepareBench(
  world: WriteWorld,
  file: string,
  checked: Checked,
  folder: string,
  { isToy, layers, ranks }: Size,
): Promise<readonly string[]> {
  const { host } = world;
  const toy = isToy
    ? await compileToy(compileAlone, world.stacks, checked, {
        ranks: 8,
        layers: layers === "all" ? undefined : layers,
        steps: 1,
      })
    : undefined;
  const files = isToy ? toy?.files : (await compilePlan(world, file)).value?.files;
  if (files === undefined) throw new Error("the plan cannot be made ready to measure");
  const bundle = `${folder}/bundle`;
  const wrote = writeBundle(host, bundle, files);
  const config = `${folder}/config.json`;
  const texts = [[config, checked.model.config.text]];
  const args = [`${bundle}/plan.lock.json`, "--config", config];
  if (toy !== undefined) {
    const { changes, without } = toy.toy;
    const place = `${folder}/changes.json`;
    texts.push([place, JSON.stringify({ changes, without })]);
    args.push("--changes", place, "--cpu");
  }
  const done = texts.map(([path = "", text]) => host.create(path, new TextEncoder().encode(text), false));
  if (wrote.value === undefined || done.some(({ ok }) => !ok)) throw new Error(`cannot write to ${folder}`);
  if (layers !== undefined) args.push("--layers", String(layers));
  if (ranks !== undefined) args.push("--ranks", String(ranks));
  return args;
}
