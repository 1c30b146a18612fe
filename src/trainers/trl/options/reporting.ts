import type { Plan } from "../../../plan/plan.ts";
import { trainerValue } from "./option.ts";

/** What is reported to: `all` means whatever is installed, so it asks for nothing. */
export function reportsTo(plan: Plan): string[] {
  const value = trainerValue(plan, "report_to");
  return (Array.isArray(value) ? value : [value]).filter(
    (name): name is string => typeof name === "string" && Object.hasOwn(reportingPackages, name),
  );
}

/**
 * The packages that each reporting integration needs, with a bound where transformers itself has one; the trainer stops
 * when one is missing.
 */
export const reportingPackages: Readonly<Record<string, readonly string[]>> = {
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
