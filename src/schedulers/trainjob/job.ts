import type { EmittedFile } from "../../host.ts";
import type { TrainJob } from "../../plan/scheduling.ts";
import { shell } from "../../text/shell.ts";
import { type Mapping, noted, yamlDocuments } from "../../text/yaml-block.ts";
import {
  container,
  containerSettings,
  launch,
  metadata,
  podSettings,
  queueLabel,
  resourcesOf,
  waiting,
} from "../kubernetes/pod.ts";
import { jobName } from "../kubernetes/section.ts";
import type { Job } from "../scheduler.ts";
import { machineWords } from "../words.ts";
import { runtimeOf } from "./runtime.ts";
import { apiVersion } from "./version.ts";

export const file = "job.trainjob.yaml";

/** A TrainJob over a runtime of the cluster, or over one of its own where it is to start again. */
export function jobFile(job: Job, section: TrainJob): EmittedFile {
  const { plan, cluster } = job.facts;
  const head = [
    `Trains ${plan.name} on ${machineWords(cluster)}, with Kubeflow Trainer ${section.trainer}. \`planc launch\` creates it; by hand:`,
    `  kubectl create --filename ${file}`,
    `Each pod runs the bundle's launch.sh. A pod that is deleted, evicted or preempted tells all ranks to save. ${afterwards(section)}`,
  ].join("\n");
  const documents = section.requeue ? [runtimeOf(job, section), trainJobOf(job, section)] : [trainJobOf(job, section)];
  return { path: file, content: yamlDocuments(head, documents) };
}

function afterwards({ requeue, runtimeRef }: TrainJob): string {
  return requeue
    ? "Then all pods start again and go on from the newest checkpoint."
    : `Whether pods then start again is up to the runtime: as released, ${runtimeRef} has Kubernetes start whatever failed, and \
end the job at the seventh failure of all pods together, saves counted. \`requeue: true\` in the plan makes a runtime that \
tells a save from a failure.`;
}

function trainJobOf(job: Job, section: TrainJob): Mapping {
  const name = jobName(job.facts.plan, section);
  const { nodes, gpus_per_node } = job.facts.cluster;
  const environment = waiting(job);
  return {
    apiVersion,
    kind: "TrainJob",
    metadata: metadata(name, section, queueLabel(section)),
    spec: {
      runtimeRef: section.requeue
        ? { apiGroup: "trainer.kubeflow.org", kind: "TrainingRuntime", name }
        : { apiGroup: "trainer.kubeflow.org", kind: "ClusterTrainingRuntime", name: section.runtimeRef },
      trainer: {
        image: section.image,
        numNodes: nodes,
        numProcPerNode: gpus_per_node,
        resourcesPerNode: resourcesOf(job, section),
        command: noted(
          "The operator tells torchrun by PET_* which node this is; launch.sh starts torchrun, and turns a signal into a save.",
          ["bash", "-c", commandOf(section, nodes)],
        ),
        env: environment.length === 0 ? undefined : environment,
      },
      ...(section.requeue ? {} : { runtimePatches: [patchOf(job, section)] }),
    },
  };
}

/** launch.sh under what the operator sets. Relative paths of the plan count from the bundle's folder. */
function commandOf(section: TrainJob, nodes: number): string {
  const place = `cd ${shell(section.bundle)}`;
  const start = `exec ${launch(section).map(shell).join(" ")}`;
  if (nodes === 1) return `${place} && ${start}`;
  const told = ["NODE_RANK", "MASTER_ADDR", "MASTER_PORT"].map((name) => `${name}="$PET_${name}"`).join(" ");
  return `${place} && export ${told} && ${start}`;
}

/** What the cluster's runtime lacks: shared memory, volumes, where pods may run, and time to save. */
function patchOf(job: Job, section: TrainJob): Mapping {
  const { annotations } = section;
  const pod = podSettings(job, section, { hasGrace: section.trainer !== "2.2" });
  const containers = [{ name: container, ...containerSettings(section) }];
  return {
    manager: "planc/compile",
    trainingRuntimeSpec: {
      template: {
        spec: {
          replicatedJobs: [
            {
              name: container,
              template: {
                spec: {
                  template: {
                    ...(annotations === undefined ? {} : { metadata: { annotations } }),
                    spec: { ...pod, containers },
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
