/** Slurm. Options go by the long names that `sbatch` has for them. */
export interface SlurmSection {
  /**
   * The scheduler.
   * @example "slurm"
   */
  readonly kind: "slurm";
  /**
   * The account that pays. Omitted: your default account.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,254}$
   * @example "proj-1234"
   */
  readonly account?: string;
  /**
   * The partition, or several between commas. Omitted: the cluster's default partition.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*(,[A-Za-z0-9_][A-Za-z0-9._-]*)*$
   * @maxLength 1024
   * @example "gpu"
   */
  readonly partition?: string;
  /**
   * The quality of service. Omitted: your default.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._+-]{0,254}$
   * @example "normal"
   */
  readonly qos?: string;
  /**
   * A reservation of nodes. Omitted: none.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*(,[A-Za-z0-9_][A-Za-z0-9._-]*)*$
   * @maxLength 1024
   * @example "maintenance_free"
   */
  readonly reservation?: string;
  /**
   * Features that the nodes must have. Omitted: none.
   * @pattern ^[A-Za-z0-9_[(][A-Za-z0-9._&|*()[\]-]*$
   * @maxLength 1024
   * @example "ib&h100"
   */
  readonly constraint?: string;
  /**
   * Nodes that the job must not get. Omitted: none.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._,[\]-]*$
   * @maxLength 65536
   * @example "node[07,12-14]"
   */
  readonly exclude?: string;
  /**
   * How long the job may run, in one of sbatch's forms: minutes, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`,
   * `days-hours:minutes` or `days-hours:minutes:seconds`. In quotes: YAML reads `4:00:00` as text and `240` as a number.
   * Omitted: the partition's limit.
   * @pattern ^(\d{1,9}|\d{1,9}:\d{1,2}|\d{1,6}:\d{1,2}:\d{1,2}|\d{1,5}-\d{1,2}(:\d{1,2}){0,2})$
   * @example "24:00:00"
   */
  readonly time?: string;
  /**
   * Seconds before the limit at which the job is told to save, `--signal=B:USR1@N`. Slurm may tell it up to a minute earlier.
   * Omitted: a step and what a save takes where a node writes 0.5 GB/s, five minutes at least.
   * @integer
   * @minimum 1
   * @maximum 65535
   * @example 600
   */
  readonly signal?: number;
  /**
   * Whether a job that has saved before its limit queues itself again and goes on from there.
   * @default true
   * @example true
   */
  readonly requeue?: boolean;
  /**
   * How the nodes' GPUs are asked for, where a site wants `--gres` or the type's name: `gpu:8`, `gpu:h100:8`. Omitted:
   * `--gpus-per-node` with the cluster's number.
   * @pattern ^gpu(:[A-Za-z0-9_][A-Za-z0-9._-]*)?:[1-9][0-9]{0,3}$
   * @example "gpu:h100:8"
   */
  readonly gres?: string;
  /**
   * Whether the job has its nodes for itself.
   * @default true
   * @example true
   */
  readonly exclusive?: boolean;
  /**
   * CPUs of a node. Omitted: all of them with `exclusive`, otherwise what the site gives a task.
   * @integer
   * @minimum 1
   * @maximum 65536
   * @example 96
   */
  readonly "cpus-per-task"?: number;
  /**
   * Memory of a node, with a unit `K`, `M`, `G` or `T`; `0` is all that it has.
   * @pattern ^(0|[1-9][0-9]{0,8}[KMGT]?)$
   * @default "0"
   * @example "900G"
   */
  readonly mem?: string;
  /**
   * Whom Slurm writes to. Omitted: nobody.
   * @pattern ^[A-Za-z0-9._%+-]+(@[A-Za-z0-9.-]+)?$
   * @maxLength 254
   * @example "me@example.org"
   */
  readonly "mail-user"?: string;
  /**
   * On what Slurm writes, between commas. Omitted: as the site has it.
   * @pattern ^[A-Z]+(_[A-Z0-9]+)*(,[A-Z]+(_[A-Z0-9]+)*)*$
   * @maxLength 254
   * @example "END,FAIL,REQUEUE"
   */
  readonly "mail-type"?: string;
  /**
   * A container image that each node's part of the job runs in, by the Pyxis plugin. Omitted: none.
   * @pattern ^[^\s\x00-\x1f\x7f]+$
   * @maxLength 4096
   * @example "/images/pytorch.sqsh"
   */
  readonly "container-image"?: string;
  /**
   * What the container sees of the cluster's folders, as Pyxis spells it: `SRC:DST[:FLAGS]` between commas. Omitted: what the
   * site mounts.
   * @pattern ^[^\x00-\x1f\x7f]+$
   * @maxLength 4096
   * @example "/scratch:/scratch"
   */
  readonly "container-mounts"?: string;
  /** The job before the job, without GPUs: it downloads the checkpoint, converts and rehearses. Omitted: as the job itself. */
  readonly prepare?: SlurmPrepareSection;
}

/** What is different for the preparation. */
export interface SlurmPrepareSection {
  /**
   * Its partition, one of CPU nodes for instance. Omitted: the job's.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*(,[A-Za-z0-9_][A-Za-z0-9._-]*)*$
   * @maxLength 1024
   * @example "cpu"
   */
  readonly partition?: string;
  /**
   * Its quality of service. Omitted: the job's.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._+-]{0,254}$
   * @example "normal"
   */
  readonly qos?: string;
  /**
   * How long it may run, as `time`.
   * @pattern ^(\d{1,9}|\d{1,9}:\d{1,2}|\d{1,6}:\d{1,2}:\d{1,2}|\d{1,5}-\d{1,2}(:\d{1,2}){0,2})$
   * @default "04:00:00"
   * @example "04:00:00"
   */
  readonly time?: string;
  /**
   * CPUs that it gets.
   * @integer
   * @minimum 1
   * @maximum 65536
   * @default 8
   * @example 8
   */
  readonly "cpus-per-task"?: number;
  /**
   * Memory that it gets, as `mem`.
   * @pattern ^(0|[1-9][0-9]{0,8}[KMGT]?)$
   * @default "32G"
   * @example "32G"
   */
  readonly mem?: string;
}
