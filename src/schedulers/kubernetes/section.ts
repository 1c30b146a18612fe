import type { Plan } from "../../plan/plan.ts";
import type { Kubernetes, TrainJob } from "../../plan/scheduling.ts";

/** A section whose job runs in pods. */
export type Pods = Kubernetes | TrainJob;

/** The plan's section where its job runs in pods. */
export function podsOf({ cluster }: Plan): Pods | undefined {
  const { scheduler } = cluster;
  return scheduler.kind === "kubernetes" || scheduler.kind === "trainjob" ? scheduler : undefined;
}

/** The job's own name in the cluster. */
export function jobName(plan: Plan, section: Pods): string {
  return section.name ?? plan.name;
}

/** Where a path of the plan stands in a container that has the bundle alone: launch.sh starts in the bundle's folder. */
export function inContainer(path: string, { bundle }: Pods): string {
  return path.startsWith("/") ? path : `${bundle}/${path}`;
}

/** Resources of fabrics whose libraries lock memory. */
const rdma = /rdma|roce|infiniband|(^|[^a-z])(ib|hca|efa)([^a-z]|$)/i;

/** Whether the pods get a device of an RDMA fabric, by the names that sites give to such resources. */
export function hasRdma({ resources = {} }: Pods): boolean {
  return Object.keys(resources).some((name) => rdma.test(name));
}
