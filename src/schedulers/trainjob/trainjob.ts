import type { TrainJob } from "../../plan/scheduling.ts";
import { jobName } from "../kubernetes/section.ts";
import { submission } from "../kubernetes/submission.ts";
import type { Scheduler } from "../scheduler.ts";
import { file, jobFile } from "./job.ts";

/** `job.trainjob.yaml`: a TrainJob of Kubeflow Trainer whose pods run `launch.sh`. */
export const trainjob: Scheduler<TrainJob> = {
  files: (job, section) => [jobFile(job, section)],
  purposes: { [file]: "the job for kubectl, where the cluster has Kubeflow Trainer" },
  submission: ({ plan }, section) =>
    submission(file, section, {
      pods: `jobset.sigs.k8s.io/jobset-name=${jobName(plan, section)}`,
      afterTold: section.requeue ? "save, and start again" : "save; what comes then is the runtime's affair",
    }),
};
