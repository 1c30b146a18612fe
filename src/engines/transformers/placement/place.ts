import type { Model, Parameter } from "../../../model/model.ts";
import { axisSize, type Mesh, type Placed } from "../../../stack/mesh.ts";
import type { Cut, EpPlan, TransformersRelease } from "../releases/release.ts";
import { patternOf, styleOf } from "./ep-plan.ts";
import { keptInFloat32 } from "./kept.ts";
import { resolveTpPlan } from "./tp-plan.ts";

interface AxisCut {
  readonly axis: string;
  readonly size: number;
  readonly cut: Cut;
}

/**
 * Places every parameter as transformers does: expert and tensor parallelism cut first (an expert rule takes the
 * place of tensor-parallel rules for the same modules), then FSDP cuts dim 0 of what they left, over `efsdp` for the
 * experts that tokens are dispatched to and over `fsdp` for all else. Without an axis above 1 for data, FSDP is not
 * applied at all. The first rank of an axis gets `ceil(size / ranks)` elements, so it holds the most.
 */
export function place(model: Model, mesh: Mesh, epPlan: EpPlan, release: TransformersRelease): Placed[] {
  const size = (axis: string) => axisSize(mesh, axis);
  const expertPlan = size("ep") > 1 && Object.values(epPlan).includes("ep_dispatch_experts") ? epPlan : {};
  const tpPlan = size("tp") > 1 ? resolveTpPlan(model, release, size("ep") > 1 ? epPlan : {}) : {};
  const isKept = keptInFloat32(release, model.text_type);
  return model.parameters.map((parameter) => {
    if (parameter.buffer) return { parameter, placement: {}, local_shape: parameter.shape };
    const expertStyle = styleOf(parameter.name, expertPlan);
    const inner = expertStyle === undefined ? "tp" : "ep";
    const style = expertStyle ?? styleOf(parameter.name, tpPlan);
    const outer = isDispatched(parameter, expertPlan) ? "efsdp" : "fsdp";
    const cuts: AxisCut[] = [{ axis: outer, size: size(outer), cut: { dim: 0, parts: 1 } }];
    const cut = style === undefined ? undefined : release.cutOf(style, parameter);
    if (cut !== undefined) cuts.push({ axis: inner, size: size(inner), cut });
    const applied = apply(
      parameter,
      cuts.filter((each) => each.size > 1),
    );
    return isKept(parameter.name) ? { ...applied, in_float32: true } : applied;
  });
}

/** Whether the parameter belongs to a module that tokens are dispatched to, or to one inside: a norm of what experts return. */
export function isDispatched(parameter: Parameter, plan: EpPlan): boolean {
  const name = patternOf(parameter.name);
  return Object.entries(plan).some(([path, style]) => style === "ep_dispatch_experts" && name.startsWith(`${path}.`));
}

function apply(parameter: Parameter, cuts: readonly AxisCut[]): Placed {
  const local = [...parameter.shape];
  for (const { size, cut } of cuts.toReversed()) {
    local[cut.dim] = cut.parts * Math.ceil(Math.ceil((local[cut.dim] ?? 1) / cut.parts) / size);
  }
  const placement = Object.fromEntries(cuts.map(({ axis, cut }) => [axis, `Shard(${cut.dim})`]));
  return { parameter, placement, local_shape: local };
}
