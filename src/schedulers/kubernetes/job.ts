import type { EmittedFile } from "../../host.ts";
import type { Kubernetes } from "../../plan/scheduling.ts";
import { type Mapping, noted, yamlDocuments } from "../../text/yaml-block.ts";
import type { Job } from "../scheduler.ts";
import { machineWords } from "../words.ts";
import {
  container,
  containerSettings,
  envFrom,
  launch,
  metadata,
  podSettings,
  queueLabel,
  resourcesOf,
  waiting,
} from "./pod.ts";
import { restarts } from "./restarts.ts";
import { jobName } from "./section.ts";

export const file = "job.k8s.yaml";

/** An Indexed Job, a pod for each node, and with several nodes the headless Service by which they find the first. */
export function jobFile(job: Job, section: Kubernetes): EmittedFile {
  const { nodes } = job.facts.cluster;
  const head = [
    `Trains ${job.facts.plan.name} on ${machineWords(job.facts.cluster)}. \`planc launch\` creates it; by hand:`,
    `  kubectl create --filename ${file}`,
    "Each pod runs the bundle's launch.sh. A pod that is deleted, evicted or preempted tells all ranks to save. Then all pods " +
      "start again and go on from the newest checkpoint.",
  ].join("\n");
  const documents = nodes === 1 ? [jobOf(job, section)] : [serviceOf(job, section), jobOf(job, section)];
  return { path: file, content: yamlDocuments(head, documents) };
}

function serviceOf({ facts }: Job, section: Kubernetes): Mapping {
  const name = jobName(facts.plan, section);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(name, section),
    spec: {
      clusterIP: noted("Headless: it gives each pod a name, and the first is where all meet.", "None"),
      publishNotReadyAddresses: noted("They meet before any of them is ready.", true),
      selector: { "batch.kubernetes.io/job-name": name },
    },
  };
}

function jobOf(job: Job, section: Kubernetes): Mapping {
  const { plan, cluster } = job.facts;
  const name = jobName(plan, section);
  const several = cluster.nodes > 1;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(name, section, queueLabel(section)),
    spec: {
      completionMode: noted("One pod a node; its index is the node's rank.", "Indexed"),
      completions: cluster.nodes,
      parallelism: cluster.nodes,
      ...restarts(section.backoffLimitPerIndex),
      template: {
        ...(section.annotations === undefined ? {} : { metadata: { annotations: section.annotations } }),
        spec: {
          subdomain: several ? name : undefined,
          restartPolicy: "Never",
          priorityClassName: section.priorityClassName,
          ...podSettings(job, section, { hasGrace: true }),
          containers: [
            {
              name: container,
              image: section.image,
              workingDir: noted("Relative paths of the plan count from here.", section.bundle),
              command: launch(section),
              env: several ? meeting(name, job) : undefined,
              envFrom: envFrom(section),
              resources: resourcesOf(job, section),
              ...containerSettings(section),
            },
          ],
        },
      },
    },
  };
}

/** How launch.sh learns which node it is, and where the first one is. */
function meeting(name: string, job: Job): readonly Mapping[] {
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
  return [
    { name: "NODE_RANK", valueFrom: field("metadata.annotations['batch.kubernetes.io/job-completion-index']") },
    { name: "MASTER_ADDR", value: `${name}-0.${name}` },
    { name: "PLANC_JOB_ID", valueFrom: field("metadata.labels['batch.kubernetes.io/controller-uid']") },
    ...waiting(job),
  ];
}
