import type { Parameter } from "../../../model/model.ts";
import type { Adapter, AdapterPair } from "../../../stack/adapter.ts";
import type { Placed } from "../../../stack/mesh.ts";

/**
 * Where the matrices of adapters are: those of linear layers whole on every rank, those of experts on the ranks that hold the experts,
 * `[E, r, in]` and `[E, out, r]` in memory. All are held in float32.
 */
export function placeAdapters(adapter: Adapter | undefined, placed: readonly Placed[]): Placed[] {
  return (adapter?.pairs ?? []).flatMap((pair) => {
    const { r, experts, in_features, out_features } = pair;
    if (experts === null) {
      return [whole(pair, "lora_A", [r, in_features]), whole(pair, "lora_B", [out_features, r])];
    }
    const base = placed.find(({ parameter }) => parameter === pair.of);
    const axes = Object.keys(base?.placement ?? {});
    const placement = Object.fromEntries(axes.map((axis) => [axis, "Shard(0)"]));
    const local = base?.local_shape[0] ?? experts;
    const apart = (matrix: string, one: number, other: number): Placed => ({
      parameter: parameterOf(pair, matrix, [experts, one, other]),
      placement,
      local_shape: [local, one, other],
      in_float32: true,
    });
    return [apart("lora_A", r, in_features), apart("lora_B", out_features, r)];
  });
}

function whole(pair: AdapterPair, matrix: string, shape: readonly number[]): Placed {
  return { parameter: parameterOf(pair, matrix, shape), placement: {}, local_shape: shape, in_float32: true };
}

function parameterOf({ name, layers, of }: AdapterPair, matrix: string, shape: readonly number[]): Parameter {
  const own = `${name}.${matrix}.weight`;
  return { name: own, stored: [`base_model.model.${own}`], layers, shape, dtype: "float32", kind: of.kind };
}
