import { lower } from "../../graph/lower.ts";
import { stepsOf } from "../../graph/order.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import type { Submission, SubmitStep } from "../scheduler.ts";
import { preparations } from "./prepare.ts";

/** sbatch for the preparation, where there is one, and for the job that waits for it. */
export function submission(facts: MeshFacts): Submission {
  const submit = ["sbatch", "--parsable", "--chdir={bundle}"];
  const prepare: SubmitStep = {
    what: "prepare, without GPUs",
    command: [...submit, "{bundle}/prepare.slurm"],
    takesOptions: true,
    prints: "prepare",
    undo: ["scancel", "{prepare}"],
  };
  const first = preparations(stepsOf(lower(facts))).length > 0 ? [prepare] : [];
  const after = first.length > 0 ? ["--dependency=afterok:{prepare}", "--kill-on-invalid-dep=yes"] : [];
  const job: SubmitStep = {
    what: "train",
    command: [...submit, ...after, "{bundle}/job.slurm"],
    takesOptions: true,
    prints: "job",
  };
  const queued = first.length > 0 ? "{prepare},{job}" : "{job}";
  return {
    steps: [...first, job],
    follow: [
      { command: ["squeue", `--jobs=${queued}`], what: "its place in the queue" },
      { command: ["tail", "-F", `{bundle}/${facts.plan.name}-{job}.log`], what: "what it prints, from its start on" },
      { command: ["scancel", "--batch", "--signal=USR1", "{job}"], what: "save, and queue again" },
      { command: ["scancel", "{job}"], what: "end it" },
    ],
  };
}
