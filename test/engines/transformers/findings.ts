import { stringify } from "yaml";
import { checkPlan } from "../../compiler.ts";
import { memoryHost } from "../../host.ts";
import { bare, merge } from "../../plans.ts";

type Tree = Readonly<Record<string, unknown>>;

/** A finding as tests compare it: the code, the words of the plan that it points at, and what it says. */
export interface Finding {
  readonly code: string;
  readonly at: string;
  readonly message: string;
  readonly help: string | undefined;
  readonly fix: string | undefined;
}

/** What the rules about the plan alone say about the reference plan with these sections merged over it. */
export function findings(changes: Tree): Finding[] {
  const text = stringify(merge(reference, changes));
  const { facts, diagnostics } = checkPlan(memoryHost({ "plan.yaml": text }), "plan.yaml");
  if (facts.plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  // There is no model: that is said as well, and is no rule's.
  return diagnostics
    .filter(({ code }) => code !== "PLN1001")
    .map(({ code, message, location, help, fixes }) => {
      const { start, end } = location.range;
      const lines = text.split("\n").slice(start.line, end.line + 1);
      const at = lines.length === 1 ? lines[0]?.slice(start.character, end.character) : lines.join("\n");
      return { code, at: at ?? "", message, help, fix: fixes[0]?.edits[0]?.newText };
    });
}

/** What is said about trainer options; the sound ones of the reference plan stay beside them. */
export function sft(options: Tree): Finding[] {
  const isAboutSaving = Object.keys(options).some((option) => option.startsWith("save_"));
  return findings({ sft: isAboutSaving ? { save_strategy: undefined, ...options } : options });
}

/** The same of the options of preference training. */
export function dpo(options: Tree): Finding[] {
  return findings({ sft: undefined, dpo: { save_strategy: "no", max_length: 1024, ...options } });
}

const reference = merge(bare, { precision: { parameters: "float32", compute: "bfloat16", reduce: "float32" } });
