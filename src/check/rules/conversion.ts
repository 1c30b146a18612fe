import { planConversion } from "../../convert/plan.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { BoundFacts } from "../../stack/facts.ts";

export const PLN2018 = diagnostic("PLN2018", {
  severity: "error",
  messages: {
    default: text`a ${"model_type"} checkpoint cannot be converted from ${"from"} to ${"to"} by copying bytes: ${"why"}`,
  },
  help: "leave conversion out, or convert between per_expert, fused and gate_up",
});

export const PLN2019 = diagnostic("PLN2019", {
  severity: "error",
  messages: { default: text`the checkpoint of ${"model_type"} is stored as ${"to"} already` },
  help: "leave conversion out, or correct model.layout",
});

/** A conversion moves bytes and nothing else: what would need arithmetic is refused with the reason. */
export const conversion: Rule<BoundFacts> = {
  name: "conversion",
  *check({ plan, model, layout: from }) {
    if (plan.conversion === undefined) return;
    const place = plan.written.at("conversion.to");
    const { to } = plan.conversion;
    const { model_type } = model;
    if (to === from) {
      yield PLN2019(place, { model_type, to });
      return;
    }
    const planned = planConversion(model, from, to);
    if ("why" in planned) yield PLN2018(place, { model_type, from, to, why: planned.why });
  },
};

export const pages = {
  PLN2018: {
    title: "conversion that is no copy of bytes",
    docs: `planc converts between the layouts that hold the same bytes in another order: \`per_expert\`, \`fused\` and \`gate_up\`. It proves
that each byte is used and written exactly once, which it could not for a transposed, interleaved or quantised layout. Scales
of fp8 blocks move with their weights where an expert's rows end with a block.

Wrong:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
conversion: { to: gate_up_interleaved }
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
conversion: { to: fused }
\`\`\``,
  },
  PLN2019: {
    title: "conversion to the layout that is there",
    docs: `A conversion to the layout in which the checkpoint is stored would copy it as it is. One of the two is a mistake: what the plan
says of the checkpoint, or what it asks for.

Wrong:

\`\`\`yaml
model:
  layout: per_expert
conversion: { to: per_expert }
\`\`\`

Right:

\`\`\`yaml
model:
  layout: per_expert
conversion: { to: fused }
\`\`\``,
  },
} satisfies Pages;
