/** Containers of a job, run as processes of this machine: their commands, under the variables that a cluster would set. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { ranksEnv } from "../ranks.ts";
import { at, type Tree } from "./objects.ts";

/** What tells a pod from the others of its job. */
export interface Place {
  readonly index: number;
  /** The one port of this machine at which the job's pods meet: they would each have a machine of their own. */
  readonly port: number;
}

/** A container that runs, or has run. */
export interface Pod {
  /** What it has printed so far. */
  said(): string;
  until(words: string): Promise<void>;
  /** As the kubelet tells its first process to end. */
  terminate(): void;
  /** As the kernel ends a container, or a node: all at once. */
  kill(): void;
  readonly ended: Promise<number>;
}

/** Starts a container's command, with options of the trainer's program behind it. */
export function start(command: readonly string[], env: NodeJS.ProcessEnv, folder: string): Pod {
  const [program = "", ...args] = command;
  const mark = `pod-${Math.random().toString(36).slice(2)}`;
  const job = spawn(program, args, { cwd: folder, env: { ...ranksEnv, ...env, PLANC_TEST_POD: mark } });
  let text = "";
  let notice = () => {};
  for (const stream of [job.stdout, job.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      notice();
    });
  let isOver = false;
  const ended = new Promise<number>((resolve) =>
    job.on("close", (status, signal) => {
      isOver = true;
      notice();
      resolve(status ?? (signal === "SIGKILL" ? 137 : 1));
    }),
  );
  const until = (words: string) =>
    new Promise<void>((resolve, reject) => {
      notice = () => {
        if (text.includes(words)) resolve();
        else if (isOver) reject(new Error(`it ended before it said ${words}:\n${text.slice(-6000)}`));
      };
      notice();
    });
  return {
    said: () => text,
    until,
    terminate: () => job.kill("SIGTERM"),
    kill: () => {
      for (const pid of processesOf(mark)) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended since.
        }
      }
    },
    ended,
  };
}

function processesOf(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`PLANC_TEST_POD=${mark}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The variables of an Indexed Job's container: fields of the pod replaced as Kubernetes does it, the first pod's name by this machine. */
export function variables(container: Tree, { index, port }: Place): NodeJS.ProcessEnv {
  const fields: Readonly<Record<string, string>> = {
    "metadata.annotations['batch.kubernetes.io/job-completion-index']": String(index),
    "metadata.labels['batch.kubernetes.io/controller-uid']": "6f6d0a4e-0000-4000-8000-000000000000",
  };
  const listed = (container["env"] ?? []) as readonly { name: string; value?: string; valueFrom?: Tree }[];
  const env = listed.map(({ name, value, valueFrom }) => {
    const field = String(at(valueFrom, "fieldRef", "fieldPath"));
    return [name, value ?? fields[field] ?? `no field ${field}`] as const;
  });
  return {
    ...Object.fromEntries(env),
    JOB_COMPLETION_INDEX: String(index),
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: String(port),
  };
}

/** What Kubeflow Trainer's operator sets in the containers of a TrainJob beside the job's own variables. */
export function operatorVariables(trainer: Tree, { index, port }: Place): NodeJS.ProcessEnv {
  const own = (trainer["env"] ?? []) as readonly { name: string; value: string }[];
  return {
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
    PET_NNODES: String(trainer["numNodes"]),
    PET_NPROC_PER_NODE: String(trainer["numProcPerNode"]),
    PET_NODE_RANK: String(index),
    PET_MASTER_ADDR: "127.0.0.1",
    PET_MASTER_PORT: String(port),
  };
}

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
