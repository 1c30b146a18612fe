/** The Python environment of the tests: `.venv` with what `test/python/requirements.txt` pins. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root } from "../root.ts";

const folder = `${root}.venv`;
const requirements = `${root}test/python/requirements.txt`;
const stamp = `${folder}/requirements.sha256`;
const interpreters = ["python3.11", "python3", "python3.13", "python3.12", "python"];

/** Makes or refreshes `.venv`; nothing to do when it is current. Returns what stands in the way. */
export function ensurePython(): string | undefined {
  if (process.env["PLANC_TEST_PYTHON"] !== undefined) return undefined;
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (runs(`${folder}/bin/python`) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  if (!runs(`${folder}/bin/python`)) {
    const python = interpreters.find(runs);
    if (python === undefined) {
      return `the tests run the emitted programs and need Python 3.11 or newer; none of ${interpreters.join(", ")} is one`;
    }
    rmSync(folder, { recursive: true, force: true });
    console.log(`making .venv with ${python}`);
    if (!run(python, ["-m", "venv", folder]))
      return `${python} -m venv failed; on Debian it needs the package python3-venv`;
  }
  console.log("installing test/python/requirements.txt into .venv; torch takes a few minutes");
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement", requirements];
  if (!run(`${folder}/bin/python`, pip)) return "pip could not install test/python/requirements.txt";
  writeFileSync(stamp, wanted);
  return undefined;
}

function runs(python: string): boolean {
  const probe = "import sys; sys.exit(sys.version_info < (3, 11))";
  return spawnSync(python, ["-c", probe], { stdio: "ignore" }).status === 0;
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}
