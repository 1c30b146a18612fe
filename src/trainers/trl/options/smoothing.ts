import type { OptionFacts } from "../facts.ts";
import { optionValue } from "./defaults.ts";

/** Whether labels are smoothed, for which the trainer makes whole logits: it does so for the plain loss alone. */
export function isSmoothed(facts: OptionFacts): boolean {
  const isPlain = ["nll", "chunked_nll"].includes(String(optionValue(facts, "loss_type")));
  return isPlain && Number(optionValue(facts, "label_smoothing_factor")) > 0;
}
