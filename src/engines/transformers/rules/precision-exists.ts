import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../facts.ts";
import type { Precision } from "../releases/release.ts";

export const PLN4040 = diagnostic("PLN4040", {
  severity: "error",
  messages: {
    default: text`precision ${"combination"} does not exist in transformers ${"release"}: ${"why"}`,
  },
  help: "parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16",
});

/** The engine's one switch makes four combinations; the others would silently become one of them. */
export const precisionExists: Rule<PlanFacts> = {
  name: "precision-exists",
  *check({ plan, release }) {
    const { precision } = plan;
    if (release.precisionSwitches(precision) !== undefined) return;
    const { key, why } = culprit(precision);
    const combination = `${precision.parameters} / ${precision.compute} / ${precision.reduce}`;
    yield PLN4040(plan.written.at(["precision", key]), { combination, release: release.version, why });
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

export const pages = {
  PLN4040: {
    title: "precision that the stack cannot do",
    docs: `The engine has one switch for mixed precision: parameters are cast to bfloat16 for computing, and gradients are
summed in float32. Without it everything happens in the format of the parameters. So there are four combinations:

| parameters | compute | reduce | bytes a parameter with AdamW |
| --- | --- | --- | --- |
| float32 | bfloat16 | float32 | 16 |
| float32 | float32 | float32 | 16, slow |
| bfloat16 | bfloat16 | float32 | 8, updates rounded |
| bfloat16 | bfloat16 | bfloat16 | 8, updates and sums rounded |

Wrong:

\`\`\`yaml
precision: { parameters: bfloat16, compute: float32, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "cast for computing, but not summed in float32",
    plan: `
precision: { parameters: float32, compute: bfloat16, reduce: bfloat16 }
#@ [62:70) PLN4040 precision float32 / bfloat16 / bfloat16 does not exist in transformers 5.24.0: parameters that are cast for computing have their gradients summed in float32
#@   help: parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16
`,
  },
  {
    name: "computed in a format that the parameters do not have",
    plan: `
precision:
  parameters: bfloat16
  compute: float32
#@ [12:19) PLN4040 precision bfloat16 / float32 / float32 does not exist in transformers 5.24.0: bfloat16 parameters are computed with as they are
#@   help: parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16
  reduce: float32
`,
  },
  {
    name: "computed in float32, but not summed in it",
    plan: `
precision: { parameters: float32, compute: float32, reduce: bfloat16 }
#@ [61:69) PLN4040 precision float32 / float32 / bfloat16 does not exist in transformers 5.24.0: what is computed in float32 is summed in float32
#@   help: parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16
`,
  },
  {
    name: "the culprit is a default",
    plan: `
precision: { reduce: bfloat16 }
#@ [22:30) PLN4040 precision float32 / bfloat16 / bfloat16 does not exist in transformers 5.24.0: parameters that are cast for computing have their gradients summed in float32
#@   help: parameters / compute / reduce may be float32 / bfloat16 / float32, float32 / float32 / float32, bfloat16 / bfloat16 / float32 or bfloat16 / bfloat16 / bfloat16
`,
  },
];
