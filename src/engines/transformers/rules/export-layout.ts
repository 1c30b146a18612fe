import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { orList } from "../../../text/words.ts";
import { exportLayouts } from "../loading/export.ts";

/** A trained model can be stored in the layouts that hold its weights as plain numbers. */
export const exportLayout: Rule<ModelFacts> = {
  name: "export-layout",
  *check({ plan, model }) {
    const { layout } = plan.export;
    const legal = exportLayouts(model);
    if (layout === undefined || legal.includes(layout)) return;
    const { model_type } = model;
    yield report("PLN2021", plan.written.at("export.layout"), { model_type, layout, legal: orList(legal) });
  },
};

export const examples: Examples = {
  PLN2021: { config: "gpt-oss-20b" },
};
