import { pace, savedBytes, saveSeconds } from "../../estimate/storage.ts";
import { bytes } from "../../text/words.ts";
import { type Block, type Mapping, noted } from "../../text/yaml-block.ts";
import type { Job } from "../scheduler.ts";
import { gracePeriod } from "./grace.ts";
import { hasRdma, type Pods } from "./section.ts";

/** The container's name: the one that Kubeflow Trainer fills in. */
export const container = "node";

/** The command that a container runs. */
export function launch({ bundle }: Pods): readonly string[] {
  return [`${bundle}/launch.sh`, "--resume", "auto"];
}

/** Seconds that pods wait for each other: images are pulled and nodes are added meanwhile. */
const wait = "1800";

/** What each container is told, whoever numbers the nodes. */
export function waiting({ facts }: Job): readonly Mapping[] {
  if (facts.cluster.nodes === 1) return [];
  return [{ name: "PLANC_LINKS_WAIT", value: noted("Seconds that the test of the links waits for late pods.", wait) }];
}

/** A resource's quantities in one pod. Requests are as the limits, since nothing else is written. */
export function resourcesOf({ facts }: Job, { gpuResource, resources = {} }: Pods): Mapping {
  return { limits: { [gpuResource]: facts.cluster.gpus_per_node, ...resources } };
}

/** What the job's one container has beside its image, its command and its variables. */
export function containerSettings(section: Pods): Mapping {
  const { volumes = [] } = section;
  const claims = claimsOf(section);
  return {
    securityContext: hasRdma(section)
      ? { capabilities: { add: noted("The fabric's library locks memory.", ["IPC_LOCK"]) } }
      : undefined,
    volumeMounts: [
      { name: "shm", mountPath: "/dev/shm" },
      ...volumes.map(({ claimName, mountPath, subPath, readOnly }) => ({
        name: `claim-${claims.indexOf(claimName)}`,
        mountPath,
        subPath,
        readOnly,
      })),
    ],
  };
}

/** What a pod has beside its container, as far as a patch of Kubeflow Trainer may say it too. */
export function podSettings({ facts }: Job, section: Pods, { hasGrace }: { readonly hasGrace: boolean }): Mapping {
  const { nodeSelector, tolerations, serviceAccountName, imagePullSecrets } = section;
  return {
    terminationGracePeriodSeconds: hasGrace
      ? noted(graceReason(facts, section), gracePeriod(facts, section))
      : undefined,
    serviceAccountName,
    imagePullSecrets: imagePullSecrets?.map((name) => ({ name })),
    nodeSelector,
    tolerations: tolerations?.map(({ key, operator, value, effect }) => ({ key, operator, value, effect })),
    volumes: [
      {
        name: "shm",
        emptyDir: noted("Ranks and data loaders share memory; a container has 64 MiB of it otherwise.", {
          medium: "Memory",
        }),
      },
      ...claimsOf(section).map((claimName, index) => ({
        name: `claim-${index}`,
        persistentVolumeClaim: { claimName },
      })),
    ],
  };
}

function graceReason(facts: Job["facts"], section: Pods): string {
  const size = bytes(savedBytes(facts));
  const figures = `a step, and ${size} a node at ${pace} GB/s: ${saveSeconds(facts)} s`;
  return section.terminationGracePeriodSeconds === undefined
    ? `From the signal to the end of the save: ${figures}.`
    : `From the signal to the end of the save, as the plan has it. planc counts ${figures}.`;
}

/** Every claim once: it may stand at several places. */
function claimsOf({ volumes = [] }: Pods): readonly string[] {
  return [...new Set(volumes.map(({ claimName }) => claimName))];
}

/** Variables from secrets. */
export function envFrom({ envFrom: secrets }: Pods): Block | undefined {
  return secrets?.map((name) => ({ secretRef: { name } }));
}

/** Labels and a namespace of an object of the job. */
export function metadata(name: string, { namespace }: Pods, labels?: Mapping): Mapping {
  return { name, namespace, labels };
}

/** The label by which Kueue finds a job. */
export function queueLabel({ queueName }: Pods): Mapping | undefined {
  return queueName === undefined ? undefined : { "kueue.x-k8s.io/queue-name": queueName };
}
