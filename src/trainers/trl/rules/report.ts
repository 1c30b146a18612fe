import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { PLN4025 } from "./option-pairs.ts";

/** `none` and `all` stand alone. */
export const report: Rule<PlanFacts> = {
  name: "report",
  *check({ plan }) {
    const written = plan.options["report_to"];
    const names = Array.isArray(written) ? written : [written];
    for (const [index, name] of names.entries()) {
      const location = Array.isArray(written) ? optionAt(plan, ["report_to", index]) : optionAt(plan, "report_to");
      if (names.length > 1 && (name === "none" || name === "all")) {
        const why = "stands alone: it is no entry of a list";
        yield PLN4025(location, { name: "report_to", written: name, why }, { help: `write report_to: ${name}` });
      }
    }
  },
};
