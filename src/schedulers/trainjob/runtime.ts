import type { TrainJob } from "../../plan/scheduling.ts";
import type { Mapping } from "../../text/yaml-block.ts";
import { container, containerSettings, envFrom, metadata, podSettings } from "../kubernetes/pod.ts";
import { restarts } from "../kubernetes/restarts.ts";
import { jobName } from "../kubernetes/section.ts";
import type { Job } from "../scheduler.ts";
import { apiVersion } from "./version.ts";

/** A TrainingRuntime whose pods start again: a patch of another runtime cannot say that. */
export function runtimeOf(job: Job, section: TrainJob): Mapping {
  const { plan, cluster } = job.facts;
  const { annotations } = section;
  return {
    apiVersion,
    kind: "TrainingRuntime",
    metadata: metadata(jobName(plan, section), section, { "trainer.kubeflow.org/framework": "torch" }),
    spec: {
      mlPolicy: { numNodes: cluster.nodes, torch: {} },
      template: {
        spec: {
          replicatedJobs: [
            {
              name: container,
              template: {
                metadata: { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } },
                spec: {
                  completionMode: "Indexed",
                  ...restarts(section.backoffLimitPerIndex),
                  template: {
                    ...(annotations === undefined ? {} : { metadata: { annotations } }),
                    spec: {
                      restartPolicy: "Never",
                      priorityClassName: section.priorityClassName,
                      ...podSettings(job, section, { hasGrace: true }),
                      containers: [
                        {
                          name: container,
                          image: section.image,
                          envFrom: envFrom(section),
                          ...containerSettings(section),
                        },
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
      },
    },
  };
}
