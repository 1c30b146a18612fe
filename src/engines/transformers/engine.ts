import { issues } from "../../generated/issues/transformers.ts";
import { rules } from "../../generated/rules/transformers.ts";
import type { Engine } from "../../stack/engine.ts";
import { placeAdapters } from "./adapters/place.ts";
import { adapterOf } from "./adapters/resolve.ts";
import { attentionOf } from "./attention/implementation.ts";
import { attentionSize } from "./attention/size.ts";
import { conversionOf } from "./loading/conversion.ts";
import { exportOf, packagesFor } from "./loading/export.ts";
import { solveMesh, solveSizes } from "./mesh/solve.ts";
import { resolveEpPlan } from "./placement/ep-plan.ts";
import { place } from "./placement/place.ts";
import { unitsOf } from "./placement/units.ts";
import { provenanceOf } from "./provenance.ts";
import { release523 } from "./releases/5.23/release.ts";
import { release524 } from "./releases/5.24/release.ts";
import type { TransformersRelease } from "./releases/release.ts";
import { trafficOf } from "./traffic/traffic.ts";

/** Hugging Face transformers: it places the parameters on the mesh, loads them and computes. */
export const transformers: Engine<TransformersRelease> = {
  name: "transformers",
  releases: [release523, release524],
  rules,
  issues,
  derive: ({ plan, release, model, cluster }) => ({
    sizes: solveSizes(plan, cluster),
    epPlan: resolveEpPlan(model, release, plan.parallelism.base_model_ep_plan),
    attention: attentionOf(plan, release, model.text_type),
    adapter: plan.lora && adapterOf(model, release.peft, plan.lora),
    hasFusedNorms: release.liger.families.has(model.model_type),
  }),
  solve: (facts) => {
    const { parameters, compute } = facts.plan.precision;
    // A base under adapters is held in the format that it is computed with.
    const isCast = facts.adapter === undefined && parameters !== compute;
    const mesh = solveMesh(facts.sizes);
    const placed = place(facts.model, mesh, facts.epPlan, facts.release);
    return {
      mesh,
      placed,
      adapters: placeAdapters(facts.adapter, placed),
      units: unitsOf(placed, mesh, facts.epPlan, isCast),
      attentionSize: attentionSize(facts, placed),
      traffic: trafficOf(facts, mesh, placed, placeAdapters(facts.adapter, placed)),
      conversion: conversionOf(facts),
      export: exportOf(facts),
      packages: packagesFor(facts),
    };
  },
  provenance: provenanceOf,
  files: async (facts) => {
    const [{ emitForward }, { emitRequirements }, { emitPins }] = await Promise.all([
      import("./files/forward.ts"),
      import("./files/requirements.ts"),
      import("./files/pins.ts"),
    ]);
    return [emitForward(facts), emitRequirements(facts), ...emitPins(facts)];
  },
};
