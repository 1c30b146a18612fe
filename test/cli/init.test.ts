import { describe, expect, test } from "vitest";
import { meshes, search } from "../../src/cli/init/search.ts";
import { planText } from "../../src/cli/init/text.ts";
import { checkPlan } from "../../src/compiler.ts";
import { memoryHost } from "../host.ts";
import { config } from "../plans.ts";
import { planc } from "./io.ts";

const models = ["DeepSeek-V2-Lite", "Mixtral-8x7B-v0.1", "OLMoE-1B-7B-0924", "Qwen1.5-MoE-A2.7B", "Qwen3-30B-A3B"];
const clusters = [
  ["h100-sxm-80gb", 1, 8],
  ["h100-sxm-80gb", 2, 8],
  ["h100-sxm-80gb", 16, 8],
  ["h200-sxm-141gb", 1, 4],
  ["a100-sxm-40gb", 1, 6],
  ["h200-sxm-141gb", 1, 1],
  ["l4-pcie-24gb", 1, 2],
] as const;
const cases = models.flatMap((model) =>
  clusters.map(([gpu, nodes, gpusPerNode]) => ({ model, gpu, nodes, gpusPerNode })),
);

describe("the mesh", () => {
  test.each(cases)(
    "for $model on $nodes x $gpusPerNode $gpu passes the rules, or none does",
    ({ model, ...cluster }) => {
      const files = { "config.json": JSON.stringify(config(model)) };
      const request = {
        config: "config.json",
        name: "a",
        checkpoint: "/m",
        dataset: "/d",
        maxLength: 2048,
        ...cluster,
      };
      const accepts = (sizes: Parameters<typeof planText>[1]) => {
        const host = memoryHost({ ...files, "plan.yaml": planText(request, sizes) });
        return checkPlan(host, "plan.yaml").value !== undefined;
      };
      const { value, sizes } = search(memoryHost(files), "plan.yaml", request);
      // Every split of the ranks over replicas and shards, expert parallelism across nodes included.
      const ranks = cluster.nodes * cluster.gpusPerNode;
      const all = Array.from({ length: ranks }, (_, index) => index + 1)
        .filter((fsdp) => ranks % fsdp === 0)
        .flatMap((fsdp_size) =>
          [1, 2, 4, 8, 16].map((ep_size) => ({ ep_size, fsdp_size, dp_replicate_size: ranks / fsdp_size })),
        );
      if (value === undefined) expect(all.filter(accepts)).toEqual([]);
      else expect([accepts(sizes), sizes.fsdp_size * sizes.dp_replicate_size]).toEqual([true, ranks]);
    },
  );

  test("keeps expert parallelism inside a node", () => {
    for (const { ep_size } of meshes({ nodes: 4, gpusPerNode: 8 })) expect(8 % ep_size).toBe(0);
  });
});

describe("planc init", () => {
  const files = { "models/my model/config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const cluster = ["--gpu", "h100-sxm-80gb", "--gpus-per-node", "8"];

  test("writes a plan that planc check passes, whatever the names", async () => {
    for (const odd of ["a'b\"c", "x: y # z", "$(touch f)", "日本", "yes", "1.0"]) {
      const { code, stdout } = await planc(
        ["init", "models/my model", ...cluster, `--checkpoint=${odd}`, `--dataset=${odd}`],
        files,
      );
      expect(code).toBe(0);
      const { value } = checkPlan(memoryHost({ ...files, "plan.yaml": stdout }), "plan.yaml");
      expect([value?.plan.model.checkpoint, value?.plan.data.path, value?.plan.name]).toEqual([odd, odd, "my-model"]);
      expect(value?.sizes).toMatchObject({ ep_size: 8, fsdp_size: 8 });
    }
  });

  test("asks for no more positions than the model has, unless it is told to", async () => {
    const short = { "m/config.json": JSON.stringify(config("Qwen3-30B-A3B", { max_position_embeddings: 2048 })) };
    expect((await planc(["init", "m", ...cluster], short)).stdout).toContain("  max_length: 2048\n");
    const told = await planc(["init", "m", ...cluster, "--max-length", "3000"], short);
    expect(told.stdout).toContain("  max_length: 3000\n");
  });

  test("says what does not fit, and by how much", async () => {
    const { code, stdout, stderr } = await planc(
      ["init", "models/my model", "--gpu", "h100-sxm-80gb", "--gpus-per-node", "2"],
      files,
    );
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("error PLN5002");
  });

  test.each([
    [["init"], "takes one config.json"],
    [["init", "models/my model"], "needs --gpu and --gpus-per-node"],
    [["init", "models/my model", "--gpu", "h100", "--gpus-per-node", "8"], "unknown GPU h100"],
    [["init", "models/my model", "--gpu", "h100-sxm-80gb", "--gpus-per-node", "0"], "takes a whole number, 1 or more"],
    [["init", "models/my model", ...cluster, "--output", "models/my model/config.json"], "is there already"],
  ])("refuses %j in a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await planc(args, files);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  test("a dense model is named for what it is", async () => {
    const dense = { "config.json": JSON.stringify(config("Qwen3-8B")) };
    const { code, stderr } = await planc(["init", "config.json", ...cluster], dense);
    expect([code, stderr]).toEqual([1, expect.stringContaining("PLN2004: qwen3 is a dense model")]);
  });
});
