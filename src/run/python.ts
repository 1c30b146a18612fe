import { spawn, spawnSync } from "node:child_process";
import { compareVersions } from "../text/version.ts";

type Installed = Readonly<Record<string, string | null>>;

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

/** Nothing is imported, so that this takes no time to speak of. */
function installed(python: string, packages: readonly string[]): Installed | undefined {
  const { status, stdout } = spawnSync(python, ["-c", script, ...packages], { encoding: "utf8" });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

/** A package beside what a plan pins: another minor release of the engine or the trainer is another program. */
export interface Package {
  readonly name: string;
  readonly wanted: string;
  readonly found: string | null;
  readonly verdict: "ok" | "differs" | "fails";
}

/** Compares a Python with the versions of a plan; undefined where it is no Python that runs. */
export function packagesOf(python: string, versions: Readonly<Record<string, string>>): Package[] | undefined {
  const has = installed(python, Object.keys(versions));
  if (has === undefined) return undefined;
  return Object.entries(versions).map(([name, wanted]) => {
    const found = has[name] ?? null;
    return { name, wanted, found, verdict: verdictOn(name, wanted, found?.split("+")[0] ?? null) };
  });
}

function verdictOn(name: string, wanted: string, found: string | null): Package["verdict"] {
  if (found === null) return "fails";
  if (found === wanted) return "ok";
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  return (name === "transformers" || name === "trl") && minor(found) !== minor(wanted) ? "fails" : "differs";
}

/** The pins of a plan without those of packages that it asks for besides, in ranges that are narrower than a pin's. */
export function pinsBeside(
  versions: Readonly<Record<string, string>>,
  packages: readonly { readonly name: string }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(versions).filter(([name]) => packages.every((each) => each.name !== name)));
}

/** A package that the plan asks for beside its stack; any release in the range does. */
export function extraPackagesOf(
  python: string,
  packages: readonly { readonly name: string; readonly range: string }[],
): Package[] {
  const has =
    installed(
      python,
      packages.map(({ name }) => name),
    ) ?? {};
  return packages.map(({ name, range }) => {
    const found = has[name] ?? null;
    const fits =
      found !== null &&
      range
        .split(",")
        .filter(Boolean)
        .every((bound) => isWithin(found, bound));
    return { name, wanted: range || "any release", found, verdict: fits ? "ok" : "fails" };
  });
}

function isWithin(found: string, bound: string): boolean {
  const order = compareVersions(found, bound.replace(/^[<>=]+/, ""));
  return bound.startsWith("<") ? order < 0 : order >= 0;
}

/** How to make a Python with the plan's stack, in two lines. */
export function howToMake(
  versions: Readonly<Record<string, string>>,
  command: string,
  packages: readonly { readonly name: string; readonly range: string }[] = [],
): string {
  const extra = packages.map(({ name, range }) => (range === "" ? name : `'${name}${range}'`));
  const wanted = [...Object.entries(versions).map(([name, version]) => `${name}==${version}`), ...extra];
  return `python3 -m venv .planc-venv && .planc-venv/bin/pip install ${wanted.join(" ")} datasets\n${command} --python .planc-venv/bin/python`;
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
    // Not the working folder: a json.py there is none of the modules that a bundle means.
    env: { ...process.env, PYTHONPATH: path, PYTHONSAFEPATH: "1" },
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
