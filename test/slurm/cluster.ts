/**
 * A Slurm of this machine's own: munged, slurmctld and a slurmd for each of three nodes with two GPUs, with everything
 * they write in one folder. Debian's packages slurm-wlm and munge have the programs; slurmd wants to be root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";

const programs = ["/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch"];

/** Whether a Slurm can be started here. */
export const hasSlurm = programs.every((path) => existsSync(path)) && process.getuid?.() === 0;

export const nodes = ["node0", "node1", "node2"] as const;

/** What became of a job, as `scontrol show job` has it. */
export interface JobState {
  readonly state: string;
  /** "75:0": exit status and signal. */
  readonly exit: string;
  readonly restarts: number;
  readonly reason: string;
}

export class Slurm {
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #daemons: ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.env = { ...process.env, SLURM_CONF: join(folder, "slurm.conf") };
  }

  /** Starts it in a folder that is there, whose name Slurm's configuration can hold: without spaces. */
  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder);
    try {
      await slurm.#start();
    } catch (error) {
      slurm.stop();
      throw error;
    }
    return slurm;
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    for (const name of ["state", "spool", "dev", "log", "run"]) mkdirSync(join(folder, name));
    for (let gpu = 0; gpu < 2; gpu++) writeFileSync(join(folder, `dev/gpu${gpu}`), "");
    writeFileSync(join(folder, "munge.key"), Buffer.alloc(1024, "planc"), { mode: 0o600 });
    const ports = await freePorts(1 + nodes.length);
    writeFileSync(join(folder, "slurm.conf"), configuration(folder, ports));
    writeFileSync(join(folder, "gres.conf"), `NodeName=${nodes.join(",")} Name=gpu File=${folder}/dev/gpu[0-1]\n`);
    const munge = [
      `--socket=${folder}/run/munge`,
      `--key-file=${folder}/munge.key`,
      `--pid-file=${folder}/run/munged.pid`,
    ];
    this.#daemon("munged", ["--foreground", "--force", ...munge, `--seed-file=${folder}/run/seed`]);
    await until(() => existsSync(join(folder, "run/munge")));
    this.#daemon("slurmctld", ["-D", "-i"]);
    for (const name of nodes) this.#daemon("slurmd", ["-D", "-N", name]);
    await until(() => {
      const [dead] = this.#daemons.filter(({ exitCode }) => exitCode !== null);
      if (dead !== undefined) throw new Error(`${dead.spawnfile} ended: ${this.logs()}`);
      return this.#ask("sinfo", "--noheader", "--format=%T %D").trim() === `idle ${nodes.length}`;
    });
  }

  #daemon(program: string, args: readonly string[]): void {
    const log = openSync(join(this.#folder, `log/${program}-${this.#daemons.length}`), "a");
    const daemon = spawn(`/usr/sbin/${program}`, args, { env: this.env, stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    this.#daemons.push(daemon);
  }

  /** What one of Slurm's programs prints; nothing where it fails. */
  #ask(program: string, ...args: readonly string[]): string {
    return spawnSync(program, args, { env: this.env, encoding: "utf8" }).stdout ?? "";
  }

  /** Runs one of Slurm's programs. */
  run(program: string, ...args: readonly string[]): string {
    return execFileSync(program, args, { env: this.env, encoding: "utf8" }).trim();
  }

  state(job: string): JobState {
    const told = this.#ask("scontrol", "show", "job", job, "--oneliner");
    const value = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(told)?.[1] ?? "";
    const [state, exit, reason] = ["JobState", "ExitCode", "Reason"].map(value);
    return { state: state ?? "", exit: exit ?? "", restarts: Number(value("Restarts")), reason: reason ?? "" };
  }

  /** Waits until a job is in a state that `isWanted`, whatever the clock says. */
  async until(job: string, isWanted: (state: JobState) => boolean): Promise<JobState> {
    let state = this.state(job);
    await until(() => {
      state = this.state(job);
      return isWanted(state);
    });
    return state;
  }

  /** Waits until a job has ended. */
  ended(job: string): Promise<JobState> {
    return this.until(job, ({ state }) => /^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)$/.test(state));
  }

  stop(): void {
    this.#ask("scancel", "--user=root");
    for (const { pid } of this.#daemons.reverse()) {
      try {
        if (pid !== undefined) process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  }

  /** The ends of what the daemons say. */
  logs(): string {
    const folder = join(this.#folder, "log");
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "utf8").slice(-2000))
      .join("\n");
  }
}

function configuration(folder: string, [controller, ...ports]: readonly number[]): string {
  const host = hostname().split(".")[0];
  return [
    "ClusterName=planc",
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    // A job that is queued again waits as long as a credential holds.
    `AuthInfo=socket=${folder}/run/munge,cred_expire=20`,
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_CPU",
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SwitchType=switch/none",
    "MpiDefault=none",
    "GresTypes=gpu",
    "ReturnToService=2",
    "JobRequeue=1",
    "KillWait=60",
    "SlurmdParameters=config_overrides",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/run/slurmctld.pid`,
    `SlurmdPidFile=${folder}/run/slurmd-%n.pid`,
    ...nodes.map(
      (name, index) =>
        `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[index]} CPUs=8 RealMemory=64000 Gres=gpu:2`,
    ),
    `PartitionName=main Nodes=${nodes.join(",")} Default=YES MaxTime=INFINITE State=UP`,
    "",
  ].join("\n");
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits, as long as it takes; the tests' watchdog ends a run that hangs. */
export async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 250));
}
