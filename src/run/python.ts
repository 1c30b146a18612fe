import { spawn, spawnSync } from "node:child_process";

/** The packages that a rehearsal needs in the plan's minor release, and what this Python has of them. */
export type Installed = Readonly<Record<string, string | null>>;

const script = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in sys.argv[1:]}))
`;

/** The releases that a Python has installed; undefined where it is none. Takes no time to speak of: nothing is imported. */
export function installed(python: string, packages: readonly string[]): Installed | undefined {
  const { status, stdout } = spawnSync(python, ["-c", script, ...packages], { encoding: "utf8", timeout: 30_000 });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

/** What a Python program said, and how it ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module of the bundle. It ends with this process. */
export function runModule(python: string, bundle: string, module: string, args: readonly string[]): Promise<Ended> {
  const inherited = process.env["PYTHONPATH"];
  const path = inherited ? `${bundle}:${inherited}` : bundle;
  const child = spawn(python, ["-m", module, ...args], {
    env: { ...process.env, PYTHONPATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  // The ranks are in the child's process group: none of them outlives this process.
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-20_000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      resolve({ status, stdout, stderr });
    });
  });
}
