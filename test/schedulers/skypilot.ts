/** Plans for SkyPilot that show every option and both ways to start a job, and what comes of them. */
import { bundleOf } from "../emitted/hostile-plans.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Name → what it changes of the reference plan. */
export const skypilotPlans: Readonly<Record<string, Tree>> = {
  "a managed job": on({ file_mounts: { "/checkpoints": { source: "s3://my-bucket" } } }, 1),
  "a managed job on spot machines": on(
    {
      use_spot: true,
      infra: "aws/us-east-1",
      disk_tier: "best",
      job_recovery: { strategy: "FAILOVER", max_restarts_on_errors: 3 },
      file_mounts: {
        "/checkpoints": { source: "gs://my-bucket/path", mode: "MOUNT" },
        "~/notes": { source: "/etc/hostname" },
      },
      secrets: ["HF_TOKEN", "WANDB_API_KEY"],
    },
    1,
  ),
  "machines that share a volume": on(
    {
      infra: "k8s/my-context",
      network_tier: "best",
      volumes: { "/checkpoints": "my-volume" },
      cpus: "64+",
      memory: "900",
    },
    4,
  ),
  "machines that stay": on(
    {
      managed: false,
      volumes: { "/checkpoints": "my-volume" },
      accelerators: "H100-SXM:8",
      disk_size: 2048,
      image_id: "docker:nvidia/cuda:12.8.1-devel-ubuntu24.04",
      setup: "sudo apt-get update\necho 'two # lines'",
    },
    2,
  ),
  "a name that SkyPilot does not take": { ...on({ managed: false }, 1), name: "7-b_." },
  "an environment that is there": { ...on({ managed: false }, 1, { activate: "/opt/venv/bin/activate" }) },
};

function on(section: Tree, nodes: number, cluster: Tree = {}): Tree {
  return {
    cluster: { nodes, scheduler: { kind: "skypilot", ...section }, ...cluster },
    parallelism: { ep_size: 8, fsdp_size: 8, dp_replicate_size: nodes },
    sft: { output_dir: "/checkpoints/run" },
  };
}

/** The task file of a plan. */
export async function taskOf(changes: Tree): Promise<string> {
  return (await bundleOf(changes)).get("task.sky.yaml") ?? "";
}
