/** The lock against the packages themselves, and under conformance against uv. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bundleOf } from "../emitted/hostile-plans.ts";
import { python } from "../python.ts";
import { conformance } from "../sample.ts";

const bundle = await bundleOf({});
const lock = bundle.get("requirements.lock") ?? "";

function run(
  command: string,
  args: readonly string[],
  input = "",
): { readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 2 ** 26 });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  return { stdout, stderr };
}

test("what an installed package needs is in the lock, in a release that it takes", () => {
  const script = `
import json, sys
from importlib.metadata import PackageNotFoundError, distribution
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pins = [Requirement(line) for line in sys.stdin.read().splitlines() if not line.startswith("#")]
pinned = {p.name: str(p.specifier).removeprefix("==") for p in pins if p.marker is None or p.marker.evaluate()}
looked_at, wrong = 0, []
for name in pinned:
    try:
        needs = distribution(name).requires or []
    except PackageNotFoundError:
        continue  # of CUDA
    for need in map(Requirement, needs):
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        looked_at += 1
        found = pinned.get(canonicalize_name(need.name))
        if found is None or not need.specifier.contains(found, prereleases=True):
            wrong.append(f"{name} needs {need}, pinned is {found}")
print(json.dumps([looked_at, wrong]))
`;
  const [lookedAt, wrong] = JSON.parse(run(python, ["-c", script], lock).stdout);
  expect(wrong).toEqual([]);
  expect(lookedAt).toBeGreaterThan(50);
});

if (conformance) {
  test("uv takes exactly what is pinned", () => {
    const folder = fileURLToPath(new URL("../../.cache/uv", import.meta.url));
    const uv = `${folder}/bin/uv`;
    if (!existsSync(uv)) {
      run(python, ["-m", "venv", folder]);
      run(`${folder}/bin/python`, ["-m", "pip", "install", "--quiet", "uv==0.13.9"]);
    }
    const job = mkdtempSync(`${tmpdir()}/planc-uv-`);
    for (const name of ["requirements.txt", "requirements.lock"])
      writeFileSync(`${job}/${name}`, bundle.get(name) ?? "");
    run(uv, ["venv", "--quiet", "--python", python, `${job}/venv`]);
    const asked = ["-r", `${job}/requirements.txt`, "-c", `${job}/requirements.lock`];
    const { stderr } = run(uv, ["pip", "install", "--dry-run", "--python", `${job}/venv`, ...asked]);
    rmSync(job, { recursive: true });
    const taken = [...stderr.matchAll(/^ \+ (\S+)$/gm)].map(([, pin]) => pin);
    const pins = new Set(lock.split("\n").map((line) => line.split(" ; ")[0]));
    expect(taken.length).toBeGreaterThan(50);
    expect(taken.filter((pin) => !pins.has(pin ?? ""))).toEqual([]);
  });
}
