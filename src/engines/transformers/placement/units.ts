import type { LayerUnits, Unit, Units } from "../../../estimate/step/fsdp.ts";
import { axisSize, type Mesh, type Placed } from "../../../stack/mesh.ts";
import type { EpPlan } from "../releases/release.ts";
import { isDispatched } from "./place.ts";
import { shardedOver } from "./shards.ts";

/**
 * What transformers hands to `fully_shard`: the embedding, each layer, the experts in it that tokens are dispatched to, and the
 * last norm with the head, which stay gathered (`base_model_fsdp_plan`, the same for all families). A head that is the embedding
 * is a unit with the norm from the beginning. What is in none of these is the model's own unit. planc leaves experts that no other
 * rank has a share of outside of FSDP (`planc_runtime/unshared.py`), unless it would cast them.
 *
 * @param isCast whether parameters are computed with in another format than they are held in.
 */
export function unitsOf(placed: readonly Placed[], mesh: Mesh, epPlan: EpPlan, isCast: boolean): Units {
  const size = (axis: string) => axisSize(mesh, axis);
  const replicas = size("dp_replicate");
  const held = placed.filter(({ parameter }) => parameter.buffer === undefined && parameter.tied === undefined);
  const outside = held.filter(({ parameter }) => parameter.layers === null);
  const isTied = placed.some(({ parameter }) => parameter.kind === "head" && parameter.tied !== undefined);
  const isLast = ({ parameter: { kind, name } }: Placed) =>
    kind === "head" || (kind === "embedding" && isTied) || /\.norm\.\w+$/.test(name);
  const isFirst = ({ parameter: { kind } }: Placed) => kind === "embedding" && !isTied;
  const isExperts = ({ parameter }: Placed) => size("ep") > 1 && isDispatched(parameter, epPlan);
  const numbers = (parts: readonly Placed[]): Pick<Unit, "whole" | "share"> => {
    let [whole, share] = [0, 0];
    for (const part of parts) {
      const own = part.local_shape.reduce((product, dim) => product * dim, 1);
      const { rows, each } = shardedOver(part, mesh);
      share += own;
      whole += (own / each) * rows;
    }
    return { whole, share };
  };
  const unit = (
    name: string,
    parts: readonly Placed[],
    of: Omit<Unit, "name" | "whole" | "share" | "replicas">,
  ): Unit => ({
    name,
    ...numbers(parts),
    replicas,
    ...of,
  });
  const dense = { ranks: size("fsdp"), divides: false, isOutside: false };
  const isSharded = size("fsdp") * replicas > 1;
  // What a module inside of the experts has is the same on all ranks.
  const isOwn = ({ placement, in_float32 }: Placed) => "ep" in placement && in_float32 === undefined;
  const areOutside = isSharded && size("efsdp") * replicas === 1 && !isCast && held.filter(isExperts).every(isOwn);
  const layers = new Map<number, LayerUnits>();
  return {
    isSharded,
    embedding: unit("the embedding", outside.filter(isFirst), { ...dense, stays: false }),
    layer: (index) => {
      const known = layers.get(index);
      if (known !== undefined) return known;
      const inside = held.filter(({ parameter }) => parameter.layers?.includes(index));
      const found = {
        expertNumbers: numbers(inside.filter(({ parameter }) => parameter.kind === "expert")).whole,
        dense: unit(
          "a layer",
          inside.filter((part) => !isExperts(part)),
          { ...dense, stays: false },
        ),
        experts: unit("experts", inside.filter(isExperts), {
          ranks: size("efsdp"),
          divides: true,
          stays: false,
          isOutside: areOutside,
        }),
      };
      layers.set(index, found);
      return found;
    },
    head: unit("the head", outside.filter(isLast), { ...dense, stays: true }),
    root: unit(
      "the rest",
      outside.filter((part) => !isFirst(part) && !isLast(part)),
      { ...dense, stays: true },
    ),
  };
}
