/**
 * A checkpoint that transformers would load as random experts: the plan says that it is fused, `launch.sh` converts it
 * first, and the job trains with the losses that it has from the checkpoint it was made from.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { planc } from "../cli/binary.ts";
import { scratch } from "../convert/converter.ts";
import { smallConfig } from "../model/variants.ts";
import { plan } from "../plans.ts";
import { runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";
import { history } from "./history.ts";

const folder = scratch();
const env = { ...ranksEnv, PLANC_SKIP_LINKS: "1" };
/** Rows of a multiple of 16 bytes, as grouped matrix products want them. */
const toy = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24, vocab_size: 128 };

function compile(name: string, model: object): string {
  const content = plan({
    name,
    model: { config: "model/config.json", ...model },
    cluster: { gpus_per_node: 2 },
    parallelism: { ep_size: 2, fsdp_size: 2 },
    data: { path: join(folder, "data.jsonl") },
    sft: {
      max_length: 32,
      max_steps: 2,
      logging_steps: 1,
      report_to: "none",
      output_dir: join(folder, `${name}-trained`),
    },
  });
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(content, null, 2));
  const compiled = planc(folder, "compile", `${name}.yaml`, "-o", name);
  expect(compiled.status, compiled.stderr).toBe(0);
  return join(folder, name);
}

function launch(bundle: string) {
  const { status, stdout, stderr } = spawnSync(join(bundle, "launch.sh"), ["--cpu"], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  return figures(`${stdout}\n${stderr}`);
}

function figures(said: string) {
  return history(said).map(({ loss, grad_norm }) => [loss, grad_norm]);
}

beforeAll(() => {
  const script = new URL("../python/toy_checkpoint.py", import.meta.url).pathname;
  execFileSync(python, [script, folder, JSON.stringify(toy), "--rows", "64"], { env, stdio: "ignore" });
});

test("a fused checkpoint is converted before the job, once, and trains as the one that it was made from", () => {
  expect(planc(folder, "convert", "model", "--to", "fused", "-o", "converter").status).toBe(0);
  const fused = join(folder, "fused");
  execFileSync(python, [join(folder, "converter/convert.py"), "--source", join(folder, "model"), "--output", fused]);

  const direct = compile("direct", { checkpoint: join(folder, "model") });
  expect(existsSync(join(direct, "convert.py"))).toBe(false);
  expect(existsSync(join(direct, "planc_runtime/convert"))).toBe(false);
  const job = { program: join(direct, "train.py"), arguments: ["--cpu"], world: 2, folder, path: direct };
  const [ran] = runJobs([job]);
  expect(ran?.status, ran?.stderr.join("\n")).toEqual([0, 0]);
  const expected = figures(ran?.stdout[0] ?? "");
  expect(expected).toHaveLength(2);

  const converting = compile("converting", { checkpoint: fused, layout: "fused" });
  expect(launch(converting)).toEqual(expected);
  const converted = `${fused}-gate_up`;
  expect(readdirSync(converted)).toContain("planc-conversion.json");

  const { mtimeMs } = statSync(join(converted, "model.safetensors"));
  expect(launch(converting)).toEqual(expected);
  expect(statSync(join(converted, "model.safetensors")).mtimeMs).toBe(mtimeMs);

  // What was converted is checked in the launch that made it: a job does not start from one that cannot be.
  rmSync(converted, { recursive: true });
  rmSync(join(fused, "model.safetensors"));
  const failed = spawnSync(join(converting, "launch.sh"), ["--cpu"], { cwd: folder, env, encoding: "utf8" });
  expect(failed.status).not.toBe(0);
  expect(existsSync(converted)).toBe(false);
});
