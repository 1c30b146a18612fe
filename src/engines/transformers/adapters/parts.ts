import type { Model, Parameter } from "../../../model/model.ts";
import type { AdapterGroup } from "../../../plan/types.ts";
import type { Peft } from "./peft.ts";

/** A parameter as targets name it. */
export interface Part {
  readonly parameter: Parameter;
  /** The module of a linear layer, or the parameter itself where it stacks experts; `{layer}` open. */
  readonly name: string;
  /** `name` behind the layer's own: "self_attn.q_proj". */
  readonly tail: string;
  readonly what: "linear" | "experts" | "router" | "head" | "other";
  /** What transformers calls the module, where it is no plain linear layer. */
  readonly class: string | undefined;
}

const weight = ".weight";

/** All of a model that a name can mean, in the order of its parameters, and behind these the modules that hold modules. */
export function partsOf(model: Model, peft: Peft): Part[] {
  const leaves = leavesOf(model, peft);
  const names = new Set(leaves.map(({ name }) => name));
  const holders = leaves.flatMap((leaf) => {
    const ends = [...leaf.name.matchAll(/\./g)].map(({ index }) => leaf.name.slice(0, index));
    return ends
      .filter((name) => !names.has(name) && names.add(name))
      .map((name): Part => ({ ...leaf, name, tail: tailOf(name), what: "other", class: undefined }));
  });
  return [...leaves, ...holders];
}

/** What stands behind the layer in a name; the whole name outside the layers. */
function tailOf(name: string): string {
  return name.replace(/^.*?\{layer\}\.?/, "");
}

function leavesOf(model: Model, peft: Peft): Part[] {
  return model.parameters
    .filter(({ buffer }) => !buffer)
    .map((parameter) => {
      const isModule = parameter.name.endsWith(weight);
      const name = isModule ? parameter.name.slice(0, -weight.length) : parameter.name;
      const tail = tailOf(name);
      const found = peft.otherModule(model.text_type, tail);
      return { parameter, name, tail, what: whatOf(parameter, isModule, tail, found), class: found };
    });
}

function whatOf(
  { kind, shape, tied, layers }: Parameter,
  isModule: boolean,
  tail: string,
  other: string | undefined,
): Part["what"] {
  if (kind === "head" || tied !== undefined) return "head";
  if (kind === "router" || (isModule && /(^|\.)(gate|router)$/.test(tail))) return "router";
  if (kind === "expert" && !isModule && shape.length === 3) return "experts";
  const isMatrix = isModule && shape.length === 2 && layers !== null && kind !== "norm";
  return isMatrix && other === undefined ? "linear" : "other";
}

export type PartGroup = Exclude<AdapterGroup, "all">;

export const partGroups: readonly PartGroup[] = ["attention", "experts", "shared_experts", "dense"];

/** The group that a part is of; undefined where it is of none, as gates of shared experts and what stands around layers. */
export function groupOf({ what, parameter: { kind }, tail }: Part): PartGroup | undefined {
  if (what === "experts") return "experts";
  if (what !== "linear") return undefined;
  if (kind === "attention") return "attention";
  if (kind === "shared_expert") return tail.endsWith("_gate") ? undefined : "shared_experts";
  return kind === "dense_mlp" || /^mlps?\./.test(tail) ? "dense" : undefined;
}
