import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, expect, test } from "vitest";
import { bundleOf } from "../emitted/hostile-plans.ts";

const folder = mkdtempSync(`${tmpdir()}/planc fabric-`);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a plan's launch.sh with a Python that prints its environment; what that is, or what was said. */
async function launched(cluster: Readonly<Record<string, unknown>>) {
  const bundle = await bundleOf({ cluster });
  writeFileSync(`${folder}/launch.sh`, bundle.get("launch.sh") ?? "");
  writeFileSync(`${folder}/python`, "#!/bin/sh\nenv\n", { mode: 0o755 });
  const env = { PATH: process.env["PATH"], PYTHON: `${folder}/python`, HOME: folder, PLANC_STAGE: "preflight" };
  const { status, stdout, stderr } = spawnSync("bash", [`${folder}/launch.sh`], { env, encoding: "utf8" });
  return { status, stderr, lines: stdout.split("\n") };
}

test("a fabric's variables, the provider's script and the plan's own, the last one counts", async () => {
  const script = `${folder}/it's env.sh`;
  writeFileSync(script, 'export NCCL_IB_HCA="mlx5_$UNSET" FI_MR_CACHE_MONITOR=memhooks NCCL_DEBUG=INFO\n');
  const { status, stderr, lines } = await launched({
    fabric: "slingshot",
    fabric_env: script,
    env: { NCCL_DEBUG: "WARN" },
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(lines).toEqual(
    expect.arrayContaining([
      "NCCL_NET=AWS Libfabric",
      "FI_CXI_DISABLE_HOST_REGISTER=1",
      "NCCL_IB_HCA=mlx5_",
      "FI_MR_CACHE_MONITOR=memhooks",
      "NCCL_DEBUG=WARN",
    ]),
  );
});

test("a machine without the provider's script is named before anything starts", async () => {
  const { status, stderr, lines } = await launched({ fabric: "gib" });
  expect([status, lines]).toEqual([2, [""]]);
  expect(stderr).toBe(
    "error: this machine has no /usr/local/gib/scripts/set_nccl_env.sh, which the plan's fabric wants\n",
  );
});

test("no fabric, no variables", async () => {
  const { lines } = await launched({});
  expect(lines.filter((line) => /^(NCCL|FI)_/.test(line))).toEqual([]);
});
