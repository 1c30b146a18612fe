import { lower } from "../../graph/lower.ts";
import { stepsOf } from "../../graph/order.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import type { Submission } from "../scheduler.ts";
import { preparations } from "./prepare.ts";

/** sbatch for the preparation, where there is one, and for the job that waits for it. */
export function submission(facts: MeshFacts): Submission {
  const isPrepared = preparations(stepsOf(lower(facts))).length > 0;
  const submit = ["sbatch", "--parsable"];
  const after = isPrepared ? ["--dependency=afterok:{prepare}", "--kill-on-invalid-dep=yes"] : [];
  const prepare = { what: "prepare without GPUs", command: [...submit, "prepare.slurm"], prints: "prepare" };
  return {
    steps: [
      ...(isPrepared ? [prepare] : []),
      { what: "train", command: [...submit, ...after, "job.slurm"], prints: "job" },
    ],
    follow: [
      { command: ["squeue", "--jobs", isPrepared ? "{prepare},{job}" : "{job}"], what: "its place in the queue" },
      { command: ["tail", "-F", `${facts.plan.name}-{job}.log`], what: "what it prints, from its start on" },
      { command: ["scancel", "--batch", "--signal=USR1", "{job}"], what: "save, and queue again" },
      { command: ["scancel", "{job}"], what: "end it" },
    ],
  };
}
