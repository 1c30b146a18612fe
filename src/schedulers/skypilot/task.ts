import { renderTask } from "../../generated/templates.js";
import type { EmittedFile } from "../../host.ts";
import type { Skypilot } from "../../plan/scheduling.ts";
import type { Literal } from "../../text/literal.ts";
import type { Job } from "../scheduler.ts";
import { machineWords } from "../words.ts";
import { acceleratorsOf } from "./accelerators.ts";
import { diskSize } from "./disk.ts";
import { submitWords, taskName } from "./submission.ts";

/** What `templates/schedulers/skypilot/task.sky.yaml.ejs` is written from. */
export interface TaskView {
  /** The plan's, and as SkyPilot takes it. */
  readonly plan: string;
  readonly name: string;
  /** "2 machines with 8 GPUs each" */
  readonly machines: string;
  /** What submits it. */
  readonly command: string;
  readonly nodes: number;
  /** What each machine has to be. */
  readonly resources: readonly (readonly [string, Literal])[];
  readonly mounts: readonly (readonly [string, Literal])[];
  readonly volumes: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  /** The plan's own commands; null where the bundle's requirements are to be installed, empty where nothing is. */
  readonly setup: string | null;
  /** Options of `uv pip install`. */
  readonly install: readonly string[];
}

export function taskFile({ facts, install }: Job, section: Skypilot): EmittedFile {
  const { plan, cluster } = facts;
  const view: TaskView = {
    plan: plan.name,
    name: taskName(plan.name),
    machines: machineWords(cluster, "machine"),
    command: submitWords(plan.name, section).join(" "),
    nodes: cluster.nodes,
    resources: resourcesOf(facts, section),
    mounts: Object.entries(section.file_mounts).map(([path, { source, mode }]) => [
      path,
      isBucket(source) ? { source, mode } : source,
    ]),
    volumes: Object.entries(section.volumes),
    secrets: section.secrets,
    setup: section.setup ?? (plan.cluster.activate === undefined ? null : ""),
    install,
  };
  return { path: "task.sky.yaml", content: renderTask(view) };
}

function resourcesOf(facts: Job["facts"], section: Skypilot): TaskView["resources"] {
  const { gpu, gpus_per_node } = facts.cluster;
  const { accelerators, infra, use_spot, cpus, memory, disk_tier, network_tier, image_id, job_recovery } = section;
  // A rule has seen to it that there is a name.
  const named = accelerators ?? acceleratorsOf(gpu.name)[0] ?? gpu.name;
  const options: readonly (readonly [string, Literal | undefined])[] = [
    ["accelerators", named.includes(":") ? named : `${named}:${gpus_per_node}`],
    ["infra", infra],
    ["use_spot", use_spot],
    ["cpus", cpus],
    ["memory", memory],
    ["disk_size", section.disk_size ?? diskSize(facts)],
    ["disk_tier", disk_tier],
    ["network_tier", network_tier],
    ["image_id", image_id],
    // The status of a run that was told to stop and has saved.
    ["job_recovery", section.managed ? { ...job_recovery, recover_on_exit_codes: [75] } : undefined],
  ];
  return options.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** SkyPilot tells buckets from files by their scheme. */
function isBucket(source: string): boolean {
  return /^[a-z0-9]+:\/\//.test(source);
}
