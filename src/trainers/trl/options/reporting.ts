import { type Package, packageOf } from "../../../stack/loading.ts";
import type { OptionFacts } from "../facts.ts";
import { optionValue } from "./defaults.ts";

/** The packages of what a plan reports to: `all` means whatever is installed, so it asks for nothing. */
export function reportingPackages(facts: OptionFacts): readonly Package[] {
  const value = optionValue(facts, "report_to");
  const names = (Array.isArray(value) ? value : [value]).map(String);
  const wanted = names.flatMap((name) => (Object.hasOwn(reporters, name) ? (reporters[name] ?? []) : []));
  return [...new Set(wanted)].map((requirement) => packageOf(requirement, `${facts.task.key}.report_to`));
}

/**
 * The packages that each reporting integration needs, with a bound where transformers itself has one; the trainer stops
 * when one is missing.
 */
export const reporters: Readonly<Record<string, readonly string[]>> = {
  azure_ml: ["azureml-core"],
  clearml: ["clearml"],
  codecarbon: ["codecarbon"],
  comet_ml: ["comet_ml>=3.43.2"],
  dagshub: ["dagshub", "mlflow"],
  dvclive: ["dvclive"],
  flyte: ["flytekit"],
  kubeflow: ["kubeflow"],
  mlflow: ["mlflow"],
  neptune: ["neptune"],
  swanlab: ["swanlab"],
  tensorboard: ["tensorboard"],
  trackio: ["trackio"],
  wandb: ["wandb"],
};
