import type {
  KubernetesSection,
  LocalSection,
  SchedulerSection,
  SkypilotMountSection,
  SkypilotRecoverySection,
  SkypilotSection,
  SlurmPrepareSection,
  SlurmSection,
  TrainJobSection,
} from "./types.ts";

const job_recovery = { strategy: "EAGER_NEXT_REGION", max_restarts_on_errors: 0 } as const;
const mount = { mode: "MOUNT_CACHED" } as const;
const prepare = { time: "04:00:00", "cpus-per-task": 8, mem: "32G" } as const;
const pod = { bundle: "/job", gpuResource: "nvidia.com/gpu" } as const;

/** What an omitted option of a scheduler means, by the scheduler's kind; a test compares it with the types. */
export const schedulerDefaults = {
  local: {},
  skypilot: { managed: true, use_spot: false, job_recovery, file_mounts: {}, volumes: {}, secrets: [] },
  slurm: { requeue: true, exclusive: true, mem: "0", prepare },
  kubernetes: { ...pod, backoffLimitPerIndex: 3 },
  trainjob: { ...pod, trainer: "2.3", runtimeRef: "torch-distributed", requeue: false, backoffLimitPerIndex: 3 },
} as const satisfies { readonly [Kind in SchedulerSection["kind"]]: object };

type With<Section, Default> = Omit<Section, keyof Default> &
  Required<Pick<Section, Extract<keyof Default, keyof Section>>>;

export type Slurm = Omit<With<SlurmSection, (typeof schedulerDefaults)["slurm"]>, "prepare"> & {
  readonly prepare: With<SlurmPrepareSection, typeof prepare>;
};

type Mount = With<SkypilotMountSection, typeof mount>;

export type Skypilot = Omit<
  With<SkypilotSection, (typeof schedulerDefaults)["skypilot"]>,
  "job_recovery" | "file_mounts"
> & {
  readonly job_recovery: With<SkypilotRecoverySection, typeof job_recovery>;
  readonly file_mounts: Readonly<Record<string, Mount>>;
};

export type Kubernetes = With<KubernetesSection, (typeof schedulerDefaults)["kubernetes"]>;

export type TrainJob = With<TrainJobSection, (typeof schedulerDefaults)["trainjob"]>;

/** A scheduler's section with its defaults filled in. */
export type Scheduling = LocalSection | Skypilot | Slurm | Kubernetes | TrainJob;

/** Fills in what the section leaves out. */
export function scheduling(section: SchedulerSection): Scheduling {
  switch (section.kind) {
    case "local":
      return section;
    case "skypilot": {
      const mounts = Object.entries(section.file_mounts ?? {}).map(([path, each]) => [path, { ...mount, ...each }]);
      return {
        ...schedulerDefaults.skypilot,
        ...section,
        job_recovery: { ...job_recovery, ...section.job_recovery },
        file_mounts: Object.fromEntries(mounts),
      };
    }
    case "slurm":
      return { ...schedulerDefaults.slurm, ...section, prepare: { ...prepare, ...section.prepare } };
    case "kubernetes":
      return { ...schedulerDefaults.kubernetes, ...section };
    case "trainjob":
      return { ...schedulerDefaults.trainjob, ...section };
  }
}
