import type { LocalSection, SchedulerSection, SlurmPrepareSection, SlurmSection } from "./types.ts";

const prepare = { time: "04:00:00", "cpus-per-task": 8, mem: "32G" } as const;

/** What an omitted option of a scheduler means, by the scheduler's kind; a test compares it with the types. */
export const schedulerDefaults = {
  local: {},
  slurm: { signal: 300, requeue: true, exclusive: true, mem: "0", prepare },
} as const satisfies { readonly [Kind in SchedulerSection["kind"]]: object };

type With<Section, Default> = Omit<Section, keyof Default> &
  Required<Pick<Section, Extract<keyof Default, keyof Section>>>;

export type Slurm = Omit<With<SlurmSection, (typeof schedulerDefaults)["slurm"]>, "prepare"> & {
  readonly prepare: With<SlurmPrepareSection, typeof prepare>;
};

/** A scheduler's section with its defaults filled in. */
export type Scheduling = LocalSection | Slurm;

/** Fills in what the section leaves out. */
export function scheduling(section: SchedulerSection): Scheduling {
  switch (section.kind) {
    case "local":
      return section;
    case "slurm":
      return { ...schedulerDefaults.slurm, ...section, prepare: { ...prepare, ...section.prepare } };
  }
}
