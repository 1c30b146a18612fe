import type { Rows } from "../../../stack/trainer.ts";
import type { OptionFacts } from "../facts.ts";
import { optionValue } from "./defaults.ts";
import { statesOf } from "./optim-args.ts";

/** What the trainer makes of rows. Values of a wrong type, which a rule reports, count as the default. */
export function rowsOf(facts: OptionFacts): Rows {
  const packing = optionValue(facts, "packing") === true;
  const packing_strategy = String(optionValue(facts, "packing_strategy") ?? "");
  const per_device_train_batch_size = number(facts, "per_device_train_batch_size");
  const isWrapped = packing && packing_strategy === "wrapped";
  const packed_by =
    packing && !isWrapped ? "packing" : optionValue(facts, "padding_free") === true ? "padding_free" : undefined;
  const isPadded =
    packed_by !== undefined || per_device_train_batch_size > 1 || optionValue(facts, "pad_to_multiple_of") !== "auto";
  return {
    max_length: optionValue(facts, "max_length") === null ? null : number(facts, "max_length"),
    per_device_train_batch_size,
    sequences_per_row: 1,
    gradient_accumulation_steps: number(facts, "gradient_accumulation_steps"),
    packing,
    packing_strategy,
    packed_by,
    is_padded: !isWrapped && isPadded,
    clips: Number(optionValue(facts, "max_grad_norm")) > 0,
    optimizer_states: statesOf(String(optionValue(facts, "optim")), optionValue(facts, "optim_args")),
  };
}

function number(facts: OptionFacts, name: string): number {
  const value = optionValue(facts, name);
  return typeof value === "number" ? value : Number(facts.task.options.get(name)?.default);
}
