import { python } from "./python.ts";

/**
 * What programs that run as several ranks get of the environment. Tests that import this, or a helper that does, run one
 * file after another: their ranks take every core, and wait for each other.
 */
export const ranksEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHON: python,
  OMP_NUM_THREADS: "1",
  HF_HUB_OFFLINE: "1",
  TOKENIZERS_PARALLELISM: "false",
};
