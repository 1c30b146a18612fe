import { describe, expect, test } from "vitest";
import { bestPlans, open } from "../../src/fit/fit.ts";
import { planText } from "../../src/fit/text.ts";
import { stacks } from "../../src/stacks.ts";
import { divisors } from "../../src/text/words.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config } from "../plans.ts";
import { published, publishedText } from "../published.ts";
import { withPoints } from "../published-numbers.ts";
import { conformance } from "../sample.ts";
import { planc } from "./io.ts";

const clusters = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 12, 16].map((gpusPerNode) => ["h200-sxm-141gb", 1, gpusPerNode] as const),
  ...[2, 3, 16].flatMap((nodes) => [7, 8].map((gpusPerNode) => ["h100-sxm-80gb", nodes, gpusPerNode] as const)),
  ["l4-pcie-24gb", 1, 8] as const,
];

/** Each config.json with one cluster of its own under `npm test`, in turn, so that each cluster has its turn too. */
const pairs = published.map((name, index) => {
  const own = clusters.filter((_, place) => conformance || place === index % clusters.length);
  return [name, own] as const;
});

describe("of every published config.json and many clusters", () => {
  test.each(pairs)("%s: what init writes passes check without a word, or it writes nothing", async (name, own) => {
    const files = { "m/config.json": publishedText(name) };
    for (const [gpu, nodes, gpusPerNode] of own) {
      const args = ["init", "m", "--gpu", gpu, "--nodes", `${nodes}`, "--gpus-per-node", `${gpusPerNode}`];
      const { code, stdout, stderr } = await planc(args, files);
      if (code === 0) {
        expect(stderr).toBe("");
        const { value, diagnostics } = checkPlan(memoryHost({ ...files, "plan.yaml": stdout }), "plan.yaml");
        const said = diagnostics.filter(({ severity }) => severity !== "info").map(({ code: each }) => each);
        // What is true of any plan of this model, or of its size on this cluster.
        expect(
          said.filter(
            (each) => !["PLN2015", "PLN2017", "PLN4041", "PLN4043", "PLN5003", "PLN5005", "PLN5006"].includes(each),
          ),
        ).toEqual([]);
        expect(value?.cluster.world_size).toBeLessThanOrEqual(nodes * gpusPerNode);
        const checked = await planc(["check", "-"], files, stdout);
        const compiled = await planc(["compile", "-", "--dry-run"], files, stdout);
        expect([checked.code, compiled.code]).toEqual([0, 0]);
        expect(compiled.stderr).toBe(checked.stderr);
      } else {
        expect([code, stdout]).toEqual([1, ""]);
        // Of a file that the user has; the plans that were tried are nobody's.
        expect(stderr).toMatch(/^error PLN(2\d{3}|5051): .*\n\n {2}m\/config\.json:\d+:\d+\n/);
        expect(stderr).not.toContain("plan.yaml");
      }
    }
  });

  test("nothing is refused that some mesh of all GPUs would do for", () => {
    for (const name of conformance
      ? ["Mixtral-8x7B-v0.1", "OLMoE-1B-7B-0924", "Qwen1.5-MoE-A2.7B"]
      : ["OLMoE-1B-7B-0924"]) {
      const files = { "config.json": withPoints(JSON.stringify(config(name))) };
      for (const [gpu, nodes, gpusPerNode] of clusters) {
        const machines = { gpu, nodes, gpusPerNode };
        if (best(files, machines) !== undefined) continue;
        const ranks = nodes * gpusPerNode;
        const all = divisors(ranks)
          .flatMap((fsdp_size) =>
            divisors(fsdp_size).map((ep_size) => ({ ep_size, fsdp_size, dp_replicate_size: ranks / fsdp_size })),
          )
          .flatMap((sizes) => (["float32", "bfloat16"] as const).map((parameters) => ({ ...sizes, parameters })));
        const accepts = (sizes: (typeof all)[number]) => {
          const candidate = {
            ...sizes,
            machines,
            tp_size: 1,
            recompute: "full",
            sequences: 1,
            accumulation: 1,
          } as const;
          const text = planText(stacks, asked, candidate);
          return checkPlan(memoryHost({ ...files, "plan.yaml": text }), "plan.yaml").value !== undefined;
        };
        expect(all.filter(accepts)).toEqual([]);
      }
    }
  });
});

const asked = { config: "config.json", name: "a", checkpoint: "/m", dataset: "/d", maxLength: 2048, lora: false };

type Machines = Parameters<typeof open>[3];

/** The best plan with every GPU at work. */
function best(files: Readonly<Record<string, string>>, machines: Machines) {
  const world = { host: memoryHost(files), stacks };
  const { value: trials } = open(world, "plan.yaml", asked, machines);
  if (trials === undefined) return undefined;
  const space = { machines: [machines], formats: ["float32", "bfloat16"], sequences: undefined } as const;
  return bestPlans(world, "plan.yaml", asked, trials, space, 1).plans[0]?.candidate;
}

describe("the mesh", () => {
  const found = (model: Parameters<typeof config>[1], cluster: readonly [string, number, number]) => {
    const [gpu, nodes, gpusPerNode] = cluster;
    return best({ "config.json": JSON.stringify(config("Qwen3-30B-A3B", model)) }, { gpu, nodes, gpusPerNode });
  };
  const small = { num_experts: 4, num_experts_per_tok: 2, num_hidden_layers: 4 };

  test("shares experts among no more ranks than there are", () => {
    expect([1, 2, 4]).toContain(found(small, ["h100-sxm-80gb", 1, 8])?.ep_size);
    expect([1, 2, 4]).toContain(found(small, ["h100-sxm-80gb", 2, 8])?.ep_size);
  });

  test("has parameters in bfloat16 only where float32 does not fit", () => {
    expect(found({}, ["h100-sxm-80gb", 1, 8])).toMatchObject({ parameters: "float32" });
    expect(found({}, ["h100-sxm-80gb", 1, 4])).toMatchObject({ parameters: "bfloat16" });
    expect(found({}, ["h100-sxm-80gb", 1, 2])).toBeUndefined();
  });

  test("leaves GPUs out where the model cannot be shared by all of them", async () => {
    // 4 experts over 7 ranks would leave three without one, and seven copies do not fit.
    const large = config("Qwen3-30B-A3B", { ...small, num_hidden_layers: 48, moe_intermediate_size: 24576 });
    const cluster = ["--gpu", "h100-sxm-80gb", "--gpus-per-node", "7"];
    const { stdout } = await planc(["init", "config.json", ...cluster], { "config.json": JSON.stringify(large) });
    expect(stdout).toContain("of 7 GPUs: the model cannot be shared by more of them");
  });

  test("keeps expert parallelism inside a node where that fits", () => {
    expect(8 % (found({}, ["h100-sxm-80gb", 4, 8])?.ep_size ?? 0)).toBe(0);
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
      expect(value?.sizes.world_size).toBe(8);
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
    expect(stderr).toContain("error PLN5051: 2 GPUs of 79.6 GiB cannot hold qwen3_moe with 30,532,122,624 parameters");
    expect(stderr).toContain("455.0 GiB in float32 and 227.5 GiB in bfloat16");
    // Both were tried out.
    expect(stderr).toContain(
      "help: a plan would fit with 8 GPUs with parameters in float32, 4 GPUs with parameters in bfloat16 or adapters on these GPUs (--lora)",
    );
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
