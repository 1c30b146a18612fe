import { loadingTime } from "../../../estimate/storage.ts";
import type { Starter, StarterOption } from "../../../stack/trainer.ts";
import { yaml } from "../../../text/yaml.ts";
import type { ModelFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";
import { longEnough } from "../options/long-enough.ts";
import { dominates, none, routerLossOf, usual } from "../options/router-loss.ts";

/** The options that a new plan begins with. */
export function starterOf(
  { name, maxLength, sequences, accumulation, lora }: Starter,
  tried: Pick<ModelFacts, "plan" | "model" | "task"> | undefined,
): readonly StarterOption[] {
  return [
    { name: "max_length", text: String(maxLength) },
    { name: "packing", text: "true" },
    { name: "packing_strategy", text: "wrapped" },
    { name: "per_device_train_batch_size", text: String(sequences) },
    ...(accumulation === 1 ? [] : [{ name: "gradient_accumulation_steps", text: String(accumulation) }]),
    { name: "learning_rate", text: lora ? "2.0e-4" : "2.0e-5" },
    ...routerLoss(tried),
    ...groupTimeout(tried),
    { name: "max_steps", text: "100" },
    { name: "logging_steps", text: "1" },
    { name: "save_strategy", text: "steps" },
    { name: "save_steps", text: "50" },
    { name: "save_total_limit", text: "2" },
    { name: "report_to", text: "none" },
    { name: "output_dir", text: yaml(`output/${name}`) },
  ];
}

/** Where a machine may take longer to load than the trainer lets ranks wait for each other. */
function groupTimeout(tried: Pick<ModelFacts, "plan" | "model" | "task"> | undefined): StarterOption[] {
  const name = "ddp_timeout";
  if (tried === undefined) return [];
  const { size, seconds } = loadingTime(tried.model);
  if (Number(optionValue({ ...tried, plan: { ...tried.plan, options: {} } }, name)) >= seconds) return [];
  const comment = `Seconds that ranks wait for each other: a machine may take long to read ${Math.round(size / 1e9)} GB.`;
  return [{ name, text: String(longEnough(seconds)), comment }];
}

/** A coefficient of the plan's own, where the config's would outweigh the text or stop the trainer. */
function routerLoss(tried: Pick<ModelFacts, "plan" | "model" | "task"> | undefined): StarterOption[] {
  const name = "router_aux_loss_coef";
  const loss = tried && routerLossOf({ ...tried, plan: { ...tried.plan, options: {} } });
  if (loss === undefined || loss.coefficient === 0) return [];
  if (!loss.isComputed) {
    return [{ name, text: none, comment: "The trainer cannot compute the router's auxiliary loss of this family." }];
  }
  if (!dominates(loss.added)) return [];
  const comment = `The config has ${loss.coefficient}, with which the router's auxiliary loss would outweigh the text.`;
  return [{ name, text: usual, comment }];
}
