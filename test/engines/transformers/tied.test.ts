/** What PLN3035 is about: if this fails because the stack trains rightly, the rule can go. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { config, errorsOf } from "../../plans.ts";
import { ownProgram, runJobs } from "../../python/jobs.ts";
import { parityConfig } from "../../runtime/parity-configs.ts";

const templates = new URL("../../../templates", import.meta.url).pathname;

test("the stack trains tied embeddings wrongly over fsdp and rightly over replicas, and planc knows", () => {
  const tied = config("Qwen3-30B-A3B", { tie_word_embeddings: true });
  const cluster = { gpu: { name: "large", memory_gb: 400 } };
  expect(errorsOf({ cluster }, tied)).toEqual(["PLN3035"]);
  const replicas = { fsdp_size: 1, ep_size: 1, dp_replicate_size: 8 };
  expect(errorsOf({ cluster: { gpu: { name: "large", memory_gb: 900 } }, parallelism: replicas }, tied)).toEqual([]);

  const folder = mkdtempSync(join(tmpdir(), "planc-tied-"));
  const job = (stage: object, world: number) => {
    const tiny = { ...parityConfig("qwen3_moe"), tie_word_embeddings: true };
    const spec = { folder, config: tiny, tokens: 17, steps: [2], ...stage };
    return {
      program: ownProgram("dispatch_parity.py"),
      arguments: [JSON.stringify(spec)],
      world,
      folder,
      path: templates,
    };
  };
  const [reference, ...ran] = runJobs([
    job({ stage: "reference" }, 1),
    job({ stage: "ranks", mesh: { fsdp_size: 2, ep_size: 1 } }, 2),
    job({ stage: "ranks", mesh: { fsdp_size: 1, ep_size: 1, dp_replicate_size: 2 } }, 2),
  ]);
  rmSync(folder, { recursive: true });
  expect(reference?.status, reference?.stderr[0]).toEqual([0]);
  const [sharded, replicated] = ran.map(({ stdout }) => JSON.parse(stdout[0] ?? ""));
  expect(sharded.gradient_difference).toBeLessThan(1e-5);
  expect(sharded.trained_difference).toBeGreaterThan(1e-3);
  expect(replicated.gradient_difference).toBeLessThan(1e-5);
  expect(replicated.trained_difference).toBeLessThan(1e-4);
});
