/** SkyPilot, which rents the machines. Options go by the names of its task file. */
export interface SkypilotSection {
  /**
   * The scheduler.
   * @example "skypilot"
   */
  readonly kind: "skypilot";
  /**
   * Whether the job is a managed one, `sky jobs launch`: its machines are given back when it ends, and it gets others where they
   * are taken away. Otherwise `sky launch`, on machines that stay until `sky down`.
   * @default true
   * @example true
   */
  readonly managed?: boolean;
  /**
   * The GPUs of one machine, `NAME` or `NAME:COUNT` as `sky show-gpus` names them. Omitted: those of the plan's `gpu` and
   * `gpus_per_node`.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(:[1-9][0-9]{0,3})?$
   * @example "H100:8"
   */
  readonly accelerators?: string;
  /**
   * Where to rent: `cloud`, `cloud/region` or `cloud/region/zone`, with `*` for any, or `k8s/context`. Omitted: the cheapest that
   * has the machines.
   * @pattern ^((aws|azure|cudo|do|fluidstack|gcp|hyperbolic|ibm|lambda|mithril|nebius|oci|paperspace|primeintellect|runpod|scp|seeweb|shadeform|slurm|ssh|vast|verda|vsphere|yotta|\*)(/[A-Za-z0-9*._-]+){0,2}|(k8s|kubernetes)(/[A-Za-z0-9:/@._-]+)?)$
   * @maxLength 256
   * @example "aws/us-east-1"
   */
  readonly infra?: string;
  /**
   * Whether to rent machines that the cloud may take back, for less.
   * @default false
   * @example true
   */
  readonly use_spot?: boolean;
  /**
   * CPUs of a machine, with `+` for at least so many. Omitted: whatever comes with the GPUs.
   * @pattern ^[1-9][0-9]{0,4}\+?$
   * @example "96+"
   */
  readonly cpus?: string;
  /**
   * Memory of a machine in GB, with `+` for at least so much. Omitted: whatever comes with the GPUs.
   * @pattern ^[1-9][0-9]{0,5}\+?$
   * @example "900+"
   */
  readonly memory?: string;
  /**
   * The machine's disk in GB. Omitted: room for the checkpoint, two checkpoints of the run and the trained model, at least
   * SkyPilot's 256.
   * @integer
   * @minimum 50
   * @maximum 1048576
   * @example 1024
   */
  readonly disk_size?: number;
  /**
   * How fast the disk is. Omitted: SkyPilot's `medium`.
   * @example "best"
   */
  readonly disk_tier?: "low" | "medium" | "high" | "ultra" | "best";
  /**
   * The network between machines. `best` sets up the cloud's fast one where SkyPilot knows it. Omitted: `standard`.
   * @example "best"
   */
  readonly network_tier?: "standard" | "best";
  /**
   * A machine image, or `docker:IMAGE` for a container on it. Omitted: the cloud's image with the driver.
   * @pattern ^[^\s\x00-\x1f\x7f]+$
   * @maxLength 1024
   * @example "docker:nvidia/cuda:12.8.1-devel-ubuntu24.04"
   */
  readonly image_id?: string;
  /** What happens when machines are taken away. Only for managed jobs. Omitted: SkyPilot's way. */
  readonly job_recovery?: SkypilotRecoverySection;
  /**
   * Path on the machines → what lies there: a bucket, for checkpoints and the trained model, or files of yours.
   * @keys ^(/|~/)[^\s\x00-\x1f\x7f]*$
   * @default {}
   * @example { "/checkpoints": { "source": "s3://my-bucket" } }
   */
  readonly file_mounts?: Readonly<Record<string, SkypilotMountSection>>;
  /**
   * Path on the machines → the name of a volume made with `sky volumes apply`.
   * @keys ^/[^\s\x00-\x1f\x7f]+$
   * @default {}
   * @example { "/shared": "my-volume" }
   */
  readonly volumes?: Readonly<Record<string, string>>;
  /**
   * Variables of yours that the job gets without their values being written anywhere, such as `HF_TOKEN`.
   * @pattern ^[A-Za-z_][A-Za-z0-9_]{0,254}$
   * @default []
   * @example ["HF_TOKEN"]
   */
  readonly secrets?: readonly string[];
  /**
   * Commands that prepare a machine. Omitted: a virtual environment with the bundle's requirements; nothing where the plan has
   * `activate`.
   * @minLength 1
   * @maxLength 65536
   * @example "sudo apt-get install -y my-driver"
   */
  readonly setup?: string;
}

/** What a managed job does when it loses its machines. It also starts again after an exit status of 75, which planc sets. */
export interface SkypilotRecoverySection {
  /**
   * Where to look for other machines first: in the same region, or in the next one.
   * @default "EAGER_NEXT_REGION"
   * @example "FAILOVER"
   */
  readonly strategy?: "EAGER_NEXT_REGION" | "FAILOVER";
  /**
   * How often a job that fails starts again, whatever it failed of.
   * @integer
   * @minimum 0
   * @maximum 1000
   * @default 0
   * @example 2
   */
  readonly max_restarts_on_errors?: number;
}

/** One thing that the machines see. */
export interface SkypilotMountSection {
  /**
   * A bucket, `s3://NAME/PATH` for instance, or a path of yours, which counts from the bundle.
   * @pattern ^[^\s\x00-\x1f\x7f]+$
   * @maxLength 4096
   * @example "s3://my-bucket"
   */
  readonly source: string;
  /**
   * How the machines see a bucket. A path of yours is always copied.
   * @value MOUNT_CACHED writes go to the disk and from there to the bucket
   * @value MOUNT every write goes to the bucket; files can only be written from their start to their end
   * @value COPY it is copied to the machine before the job
   * @default "MOUNT_CACHED"
   * @example "MOUNT_CACHED"
   */
  readonly mode?: "MOUNT_CACHED" | "MOUNT" | "COPY";
}
