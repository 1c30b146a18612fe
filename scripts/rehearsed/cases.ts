import { families } from "../../src/model/families.ts";
import { checkPlan } from "../../test/compiler.ts";
import { memoryHost } from "../../test/host.ts";
import { plan } from "../../test/plans.ts";
import { published, publishedText, typeOf } from "../../test/published.ts";
import { type Mesh, meshes } from "./record.ts";

/** What a published model is rehearsed on, folded to four ranks. */
export const large: Mesh = { fsdp_size: 8, ep_size: 4 };

export interface Case {
  readonly model_type: string;
  /** A published model of the family; the toy of its record where it is left out. */
  readonly published?: string;
  readonly config: string;
  readonly mesh: Mesh;
}

/** The toys of all families that some class builds, and the published models whose config.json is a fixture. */
export const cases: readonly Case[] = families.keys().flatMap((model_type) => {
  const family = families.get(model_type);
  // What is published under another name has no toy of its own.
  const isAlias =
    family?.architecture === undefined || (family.text_type !== model_type && family.language.length === 0);
  if (isAlias) return [];
  const config = JSON.stringify({ ...family.toy, model_type, architectures: [family.architecture] }, null, 2);
  const own = published.filter((name) => typeOf(publishedText(name)) === model_type);
  return [
    // A class that takes a part of its published config has a toy without the others.
    ...(family.language.length > 1 ? [] : meshes.map((mesh) => ({ model_type, config, mesh }))),
    ...own.map((name) => ({ model_type, published: name, config: publishedText(name), mesh: large })),
  ];
});

/**
 * The plan of a case, judged: rows of one length, and nothing but defaults of the trainer's that decides what is computed. Where
 * the trainer cannot compute the router's loss of a family, it is left out, as planc says.
 */
export function judged({ config, mesh, published }: Case, transformers: string) {
  const check = (sft: object) => {
    const tree = plan({
      stack: { versions: { transformers } },
      cluster: { gpu: { name: "large", memory_gb: 4096 }, gpus_per_node: mesh.fsdp_size },
      parallelism: mesh,
      // The widths of a toy are no multiples of what grouped products take in bfloat16.
      ...(published === undefined ? { precision: { parameters: "float32", compute: "float32" } } : {}),
      sft,
    });
    return checkPlan(memoryHost({ "plan.yaml": JSON.stringify(tree), "config.json": config }), "plan.yaml");
  };
  const first = check({});
  const isLoss = first.diagnostics.some(({ code, message }) => code === "PLN4025" && /^router_aux/.test(message));
  return { ...(isLoss ? check({ router_aux_loss_coef: 0 }) : first), without_router_loss: isLoss };
}
