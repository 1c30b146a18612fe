import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/show.ts";
import { orList } from "../../../text/words.ts";
import type { PlanFacts } from "../facts.ts";
import { flagOf, numberOf, optimArguments, optimOptions, parseOptimArgs } from "../options/optim-args.ts";
import { optionValue } from "../options/value.ts";

/** `optim_args` is a text that the trainer splits: names that its optimizer does not read pass by without a word. */
export const trainerOptimArgs: Rule<PlanFacts> = {
  name: "trainer-optim-args",
  *check(facts) {
    const { plan } = facts;
    const written = plan.options["optim_args"];
    const optimizer = String(optionValue(facts, "optim"));
    const known = optimArguments[optimizer];
    if (typeof written !== "string") return;
    const location = optionAt(plan, "optim_args");
    const given = parseOptimArgs(written);
    if (given === undefined) {
      const expected = "name=value pairs with commas between them";
      yield report("PLN4022", location, { name: "optim_args", written: show(written), expected });
      return;
    }
    if (known === undefined) return;
    const takes = Object.keys(known).length === 0 ? "nothing" : orList(Object.keys(known));
    for (const [name, value] of given) {
      const kind = Object.hasOwn(known, name) ? known[name] : undefined;
      if (kind === undefined) {
        const option = Object.hasOwn(optimOptions, name) ? optimOptions[name] : undefined;
        const help = option === undefined ? `drop ${name}` : `drop it and write sft.${option}`;
        yield report("PLN4060", location, { name, optimizer, takes }, { help });
      } else if ((kind === "flag" ? flagOf(value) : numberOf(value)) === undefined) {
        const expected = kind === "flag" ? "true or false" : "a number of at least 0";
        yield report("PLN4061", location, { name, value, expected });
      }
    }
    if (optimizer === "sgd" && flagOf(given.get("nesterov") ?? "no") === true) {
      const momentum = numberOf(given.get("momentum") ?? "0") ?? 0;
      const dampening = numberOf(given.get("dampening") ?? "0") ?? 0;
      if (momentum > 0 && dampening === 0) return;
      const values = { name: "nesterov", value: "true", expected: "a momentum above 0 and no dampening beside it" };
      yield report("PLN4061", location, values);
    }
  },
};
