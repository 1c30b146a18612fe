import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import type { Rule } from "./rule.ts";
import { conversion } from "./rules/conversion.ts";
import { environment } from "./rules/environment.ts";
import { expansion } from "./rules/expansion.ts";
import { positions } from "./rules/positions.ts";
import { quantization } from "./rules/quantization.ts";

/** What rules that hold for every engine can look at. */
export interface CommonFacts {
  readonly plan: Plan;
  readonly model: Model;
}

/** Rules that hold for every engine. */
export const commonRules: readonly Rule<CommonFacts>[] = [conversion, positions, quantization, environment, expansion];
