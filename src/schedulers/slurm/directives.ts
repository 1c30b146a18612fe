import type { Slurm } from "../../plan/scheduling.ts";

/** An option of sbatch and its value; null for a flag. */
export type Directive = readonly [option: string, value: string | number | null];

/** With the options that a plan leaves out. */
type Optional = readonly [option: string, value: Directive[1] | undefined];

/** Those that are there. */
export function written(options: readonly Optional[]): readonly Directive[] {
  return options.flatMap(([option, value]) => (value === undefined ? [] : [[option, value] as const]));
}

/** What every job of a plan says. Slurm's name for a job, `%x`, and its number, `%j`, make the name of its log. */
export function common(
  name: string,
  { account, partition, qos }: { readonly [Option in "account" | "partition" | "qos"]?: string | undefined },
): readonly Optional[] {
  return [
    ["job-name", name],
    ["account", account],
    ["partition", partition],
    ["qos", qos],
    ["output", "%x-%j.log"],
    ["open-mode", "append"],
  ];
}

/**
 * Options of srun, which inherits no number of CPUs from its job. Without one a task would be bound to a single core. Pyxis has
 * its options here alone: where the plugin is missing, sbatch would refuse a whole script for them.
 */
export function stepOf(section: Slurm, cpus: number | undefined): readonly string[] {
  const image = section["container-image"];
  const mounts = section["container-mounts"];
  return [
    cpus === undefined ? "--cpu-bind=none" : `--cpus-per-task=${cpus}`,
    ...(image === undefined ? [] : [`--container-image=${image}`]),
    ...(mounts === undefined ? [] : [`--container-mounts=${mounts}`]),
  ];
}
