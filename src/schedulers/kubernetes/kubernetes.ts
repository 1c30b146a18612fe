import type { Kubernetes } from "../../plan/scheduling.ts";
import type { Scheduler } from "../scheduler.ts";
import { file, jobFile } from "./job.ts";
import { jobName } from "./section.ts";
import { submission } from "./submission.ts";

/** `job.k8s.yaml`: an Indexed Job of pods that run `launch.sh`. */
export const kubernetes: Scheduler<Kubernetes> = {
  files: (job, section) => [jobFile(job, section)],
  purposes: { [file]: "the job for kubectl: a pod for each node, which starts again when it was told to stop" },
  submission: ({ plan }, section) =>
    submission(file, section, {
      pods: `batch.kubernetes.io/job-name=${jobName(plan, section)}`,
      afterTold: "save, and start again",
    }),
};
