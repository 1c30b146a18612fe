import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type EmittedFile, type Host, partOf, type ReadResult } from "../host.ts";
import type { MeshFacts } from "../stack/facts.ts";
import type { Stacks } from "../stack/stacks.ts";
import { layersOf, merged, mergedText, type ToyConfig, toyConfig } from "./config.ts";
import { type Folded, foldMesh } from "./fold.ts";
import { toyPlan } from "./plan.ts";

/** The compiler, which stands below: what it makes of a plan in a host. */
export type Compile = (
  world: { readonly host: Host; readonly stacks: Stacks },
  file: string,
) => Promise<{
  readonly value: { readonly files: readonly EmittedFile[] } | undefined;
  readonly diagnostics: readonly Diagnostic[];
}>;

/** The plan at toy size, compiled: its mesh folded, its model cut. */
export interface Toy {
  readonly mesh: Folded;
  readonly toy: ToyConfig;
  readonly config: Readonly<Record<string, unknown>>;
  readonly files: readonly EmittedFile[];
}

/** How large a toy is. */
export interface ToyRequest {
  /** The most ranks. */
  readonly ranks: number;
  /** Layers of the toy; as few as show every kind of layer where it is left out. */
  readonly layers: number | undefined;
  readonly steps: number;
}

/**
 * Compiles the plan at toy size; undefined where the mesh cannot be folded to so few ranks.
 *
 * @throws Error when planc refuses its own toy, which is a mistake of planc's.
 */
export async function compileToy(
  compile: Compile,
  stacks: Stacks,
  checked: MeshFacts,
  { ranks, layers, steps }: ToyRequest,
): Promise<Toy | undefined> {
  const mesh = foldMesh(checked.sizes, ranks);
  if (mesh === undefined) return undefined;
  const toy = toyConfig(checked.model, mesh, layers);
  const config = merged(toy);
  const files = {
    "plan.yaml": JSON.stringify(toyPlan(checked, mesh, { steps, depth: layersOf(checked.model, config) }), null, 2),
    "config.json": mergedText(toy),
  };
  const { value, diagnostics } = await compile({ host: inMemory(files), stacks }, "plan.yaml");
  if (value === undefined)
    throw new Error(`the toy is refused: ${diagnostics.map(({ message }) => message).join("; ")}`);
  return { mesh, toy, config, files: value.files };
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
