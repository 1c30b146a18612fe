import type * as stack from "../../stack/facts.ts";
import type { TransformersRelease } from "./releases/release.ts";

/** The facts of each stage where the engine is transformers. */
export type PlanFacts = stack.PlanFacts<TransformersRelease>;
export type ConfigFacts = stack.ConfigFacts<TransformersRelease>;
export type ModelFacts = stack.ModelFacts<TransformersRelease>;
export type MeshFacts = stack.MeshFacts<TransformersRelease>;
