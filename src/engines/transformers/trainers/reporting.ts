/** The package that each reporting integration needs; the trainer stops when it is missing. */
export const reportingPackages: Readonly<Record<string, string>> = {
  azure_ml: "azureml-core",
  clearml: "clearml",
  codecarbon: "codecarbon",
  comet_ml: "comet_ml",
  dagshub: "dagshub",
  dvclive: "dvclive",
  flyte: "flytekit",
  kubeflow: "kubeflow",
  mlflow: "mlflow",
  neptune: "neptune",
  swanlab: "swanlab",
  tensorboard: "tensorboard",
  trackio: "trackio",
  wandb: "wandb",
};
