/**
 * The Python environments of the tests: `.venv` with what `test/python/requirements.txt` pins, and `.venv-older` with the
 * same but for what `test/python/older.txt` pins, which looks into the first for all the rest.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root } from "../root.ts";

const interpreters = ["python3.11", "python3", "python3.13", "python3.12", "python"];

interface Environment {
  readonly folder: string;
  /** Of the packages, from the root. */
  readonly requirements: string;
  /** A Python whose packages it sees beside its own, which are installed without what they need. */
  readonly over: string | undefined;
}

/** Makes or refreshes both; nothing to do when they are current. Returns what stands in the way. */
export function ensurePython(): string | undefined {
  const { PLANC_TEST_PYTHON: given, PLANC_TEST_PYTHON_OLDER: older } = process.env;
  const main = { folder: ".venv", requirements: "test/python/requirements.txt", over: undefined };
  const problem = given === undefined ? ensure(main) : undefined;
  if (problem !== undefined || older !== undefined) return problem;
  const over = given ?? pythonIn(main.folder);
  return ensure({ folder: ".venv-older", requirements: "test/python/older.txt", over });
}

function ensure({ folder, requirements, over }: Environment): string | undefined {
  const [python, stamp] = [pythonIn(folder), `${root}${folder}/requirements.sha256`];
  const digest = createHash("sha256").update(readFileSync(`${root}${requirements}`));
  const wanted = (over === undefined ? digest : digest.update(over)).digest("hex");
  if (runs(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  if (!runs(python) || over !== undefined) {
    const base = over ?? interpreters.find(runs);
    if (base === undefined) {
      return `the tests run the emitted programs and need Python 3.11 or newer; none of ${interpreters.join(", ")} is one`;
    }
    rmSync(`${root}${folder}`, { recursive: true, force: true });
    console.log(`making ${folder} with ${base}`);
    if (!run(base, ["-m", "venv", `${root}${folder}`]))
      return `${base} -m venv failed; on Debian it needs the package python3-venv`;
  }
  if (over !== undefined) {
    const packages = JSON.stringify(packagesOf(over));
    // A path file of that folder would not be read where the folder itself only stands in one.
    writeFileSync(`${packagesOf(python)}/beside.pth`, `import site; site.addsitedir(${packages})\n`);
  }
  console.log(`installing ${requirements} into ${folder}${over === undefined ? "; torch takes a few minutes" : ""}`);
  const only = over === undefined ? [] : ["--no-deps", "--ignore-installed"];
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", ...only];
  if (!run(python, [...pip, "--requirement", `${root}${requirements}`])) return `pip could not install ${requirements}`;
  writeFileSync(stamp, wanted);
  return undefined;
}

function pythonIn(folder: string): string {
  return `${root}${folder}/bin/python`;
}

/** The folder that a Python's packages lie in. */
function packagesOf(python: string): string {
  const probe = "import sysconfig; print(sysconfig.get_path('purelib'))";
  return spawnSync(python, ["-c", probe], { encoding: "utf8" }).stdout.trim();
}

function runs(python: string): boolean {
  const probe = "import sys; sys.exit(sys.version_info < (3, 11))";
  return spawnSync(python, ["-c", probe], { stdio: "ignore" }).status === 0;
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}
