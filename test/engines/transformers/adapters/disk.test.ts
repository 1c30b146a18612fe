/** What the preflight takes a run of adapters to write. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../../../../scripts/root.ts";
import { planc } from "../../../cli/binary.ts";
import { python } from "../../../python.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-adapters-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = `
import json, sys
from types import SimpleNamespace as Options
from planc_runtime.preflight.disk import needs_of
saving = Options(kept=lambda: 1, limit=None, model_only=False)
options = Options(is_own=True, checkpoint="", cpu=False, output=sys.argv[2], saving=saving)
with open(sys.argv[1]) as lock:
    print(json.dumps([need.size for need in needs_of(json.load(lock), options, download=None)]))
`;

test.each([
  // Both factors of 48 layers: attention's four products and 128 experts' two, rank 16.
  ["qwen3-lora", 4 * 642_514_944, 3 * 4],
  ["qwen3-ep8", 4 * 30_532_122_624, 3 * 4],
] as const)("%s", (name, trained, bytesANumber) => {
  const compiled = planc(folder, "compile", `${root}plans/${name}.yaml`, "-o", join(folder, name));
  expect(compiled.status, compiled.stderr).toBe(0);
  const args = ["-c", program, join(folder, name, "plan.lock.json"), folder];
  const found = execFileSync(python, args, {
    env: { ...process.env, PYTHONPATH: `${root}templates` },
    encoding: "utf8",
  });
  // At the end what is trained, and on the way that with AdamW's two states.
  expect(JSON.parse(found)).toEqual([trained, (trained / 4) * bytesANumber]);
});
