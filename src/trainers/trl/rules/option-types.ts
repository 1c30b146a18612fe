import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic, Fix } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/show.ts";
import { suggest } from "../../../text/suggest.ts";
import { orList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import type { TrainerOption } from "../options/option.ts";
import { plancOwned } from "../options/owned.ts";
import { isOfType, legalWords, typesInWords, typesOf } from "../options/types.ts";

export const PLN4022 = diagnostic("PLN4022", {
  severity: "error",
  messages: { default: text`${"name"} is ${"written"}; ${"expected"} is expected` },
});

export const PLN4023 = diagnostic("PLN4023", {
  severity: "error",
  messages: { default: text`${"name"} is ${"written"}; accepted are ${"values"}` },
});

/** Every option has the type that the release declares and, where it takes words, one of its words. */
export const optionTypes: Rule<PlanFacts> = {
  name: "option-types",
  *check(facts) {
    for (const [name, value] of Object.entries(facts.plan.options)) {
      const option = facts.task.options.get(name);
      if (option === undefined || Object.hasOwn(plancOwned, name)) continue;
      if (!typesOf(name, option).some((type) => isOfType(value, type, option)))
        yield wrongType(facts, name, value, option);
      else yield* unknownWords(facts, name, value, option);
    }
  },
};

function wrongType({ plan }: PlanFacts, name: string, value: unknown, option: TrainerOption): Diagnostic {
  const location = optionAt(plan, name);
  const expected = typesInWords(name, option);
  const unquoted = typeof value === "string" ? fromText(value) : undefined;
  const mends = unquoted !== undefined && typesOf(name, option).some((type) => isOfType(unquoted, type, option));
  const bare = typeof unquoted === "number" ? String(value).trim() : String(unquoted);
  const fixes: Fix[] = mends ? [replaceWith(location, bare)] : [];
  const help = mends
    ? `write ${bare} without quotes`
    : value === null
      ? `leave ${name} out for its default`
      : undefined;
  return PLN4022(
    location,
    { name, written: show(value), expected },
    { fixes, ...(help === undefined ? {} : { help }) },
  );
}

function* unknownWords({ plan }: PlanFacts, name: string, value: unknown, option: TrainerOption): Iterable<Diagnostic> {
  const legal = legalWords(name, option);
  if (legal === undefined) return;
  const words = Array.isArray(value) ? value : [value];
  for (const [index, word] of words.entries()) {
    if (typeof word !== "string" || word === option.default || legal.includes(word)) continue;
    const location = Array.isArray(value) ? optionAt(plan, [name, index]) : optionAt(plan, name);
    const near = suggest(word, legal);
    const advice = near === undefined ? {} : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] };
    yield PLN4023(location, { name, written: show(word), values: orList(legal) }, advice);
  }
}

/** What a quoted value would be without its quotes. */
function fromText(text: string): number | boolean | undefined {
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

export const pages = {
  PLN4022: {
    title: "trainer option of the wrong type",
    docs: `The trainer's class does not check types: a number written as text travels far before it fails, or compares wrongly.

Wrong:

\`\`\`yaml
sft: { learning_rate: "2e-5", packing: "yes" }
\`\`\`

Right:

\`\`\`yaml
sft: { learning_rate: 2.0e-5, packing: true }
\`\`\``,
  },
  PLN4023: {
    title: "unknown value of a trainer option",
    docs: `The option takes one of the words that the release lists.

Wrong:

\`\`\`yaml
sft: { packing: true, packing_strategy: wraped }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;
