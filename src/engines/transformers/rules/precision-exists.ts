import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../facts.ts";
import type { Precision } from "../releases/release.ts";

/** The engine's one switch makes four combinations; the others would silently become one of them. */
export const precisionExists: Rule<PlanFacts> = {
  name: "precision-exists",
  *check({ plan, release }) {
    const { precision } = plan;
    if (release.precisionSwitches(precision) !== undefined) return;
    const { key, why } = culprit(precision);
    const combination = `${precision.parameters} / ${precision.compute} / ${precision.reduce}`;
    yield report("PLN4040", plan.written.at(["precision", key]), { combination, release: "5.23", why });
  },
};

function culprit({ parameters, compute }: Precision): { key: keyof Precision; why: string } {
  if (compute === "bfloat16") {
    return { key: "reduce", why: "parameters that are cast for computing have their gradients summed in float32" };
  }
  if (parameters === "bfloat16") {
    return { key: "compute", why: "bfloat16 parameters are computed with as they are" };
  }
  return { key: "reduce", why: "what is computed in float32 is summed in float32" };
}
