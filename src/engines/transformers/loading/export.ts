import { keysFor } from "../../../convert/program.ts";
import { families } from "../../../model/families.ts";
import type { Model } from "../../../model/model.ts";
import type { LayoutName } from "../../../plan/types.ts";
import { type Export, type ExportLayout, type Package, packageOf } from "../../../stack/loading.ts";
import { kindOf } from "../attention/implementation.ts";
import type { ModelFacts } from "../facts.ts";

/** The layouts that hold the weights as plain numbers: 4-bit blocks cannot be made of trained weights. */
export function exportLayouts({ model_type }: Pick<Model, "model_type">): readonly LayoutName[] {
  const layouts = Object.keys(families.get(model_type)?.layouts ?? {}) as LayoutName[];
  return layouts.filter((layout) => layout !== "mxfp4");
}

/** What becomes of the trained model. */
export function exportOf({ plan, model }: Pick<ModelFacts, "plan" | "model">): Export {
  const possible = exportLayouts(model);
  const published = possible.find((layout) => layout === model.publishedLayout) ?? possible[0] ?? "gate_up";
  return {
    layout: plan.export.layout ?? published,
    dtype: plan.export.dtype ?? (model.dtype === "float32" ? "float32" : "bfloat16"),
    max_shard_size: plan.export.max_shard_size,
    layouts: Object.fromEntries(possible.map((layout) => [layout, layoutOf(model, layout)])),
  };
}

function layoutOf({ model_type, parameters, sizes }: Model, layout: LayoutName): ExportLayout {
  const named = families.get(model_type)?.layouts[layout] ?? {};
  const experts = parameters.filter(({ kind }) => kind === "expert").map(({ name }) => name);
  return {
    ...(layout === "gate_up_transposed" && isUpright(parameters, sizes) ? { turned: true as const } : {}),
    experts: Object.fromEntries(experts.map((name) => [name, named[name.slice(name.lastIndexOf(".") + 1)] ?? [name]])),
    config: keysFor(model_type, layout, {}, sizes.num_experts),
  };
}

/** Whether experts have their outputs as rows in memory, which families that publish the other orientation need not have. */
function isUpright(parameters: Model["parameters"], { hidden_size }: Model["sizes"]): boolean {
  const shapeOf = (part: string) =>
    parameters.find(({ kind, name }) => kind === "expert" && name.endsWith(part))?.shape;
  return shapeOf("down_proj")?.[1] === hidden_size && shapeOf("up_proj")?.[2] === hidden_size;
}

/** What `requirements.txt` lists, and preflight and doctor look for, because of what the plan asks for. */
export function packagesFor({
  plan,
  task,
  release,
  attention,
}: Pick<ModelFacts, "plan" | "task" | "release" | "attention">): readonly Package[] {
  const isFlash = kindOf(attention.implementation) === "flash_attention";
  const own = isFlash ? [packageOf(release.kernelsRequirement, "model.attn_implementation")] : [];
  const peft = packageOf(peftRequirement(plan.versions.peft ?? release.peft.version), "lora");
  return [...own, ...(plan.lora === undefined ? [] : [peft]), ...task.packages(plan)];
}

/** A release of PEFT or a patch of it: its minor releases change what targets mean. */
function peftRequirement(version: string): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return `peft>=${version},<${major}.${minor + 1}`;
}
