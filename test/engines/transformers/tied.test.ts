/**
 * What PLN3035 is about, measured: which meshes train a tied model wrongly, and that planc refuses these and no others. If a
 * new release trains them all rightly, the rule can go.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { withFix } from "../../fixes.ts";
import { checkTree, config, errorsOf } from "../../plans.ts";
import { type Job, ownProgram, runJobs } from "../../python/jobs.ts";
import { parityConfig } from "../../runtime/parity-configs.ts";

type Mesh = Readonly<Record<string, number>>;

/** Vocabulary → meshes. Rows that divide and rows that do not, over fsdp alone and over what tp leaves of them. */
const cases: readonly (readonly [number, readonly Mesh[]])[] = [
  [97, [{ fsdp_size: 2 }, { dp_replicate_size: 2, fsdp_size: 1 }]],
  [
    98,
    [
      { fsdp_size: 2, ep_size: 2 },
      { fsdp_size: 4, ep_size: 2 },
      { fsdp_size: 2, tp_size: 2, ep_size: 2 },
    ],
  ],
  [100, [{ fsdp_size: 2, tp_size: 2 }]],
];
const runs = cases.flatMap(([vocab_size, meshes]) => meshes.map((mesh) => ({ vocab_size, mesh })));

const root = mkdtempSync(join(tmpdir(), "planc-tied-"));
afterAll(() => rmSync(root, { recursive: true }));
const worldOf = ({ dp_replicate_size = 1, fsdp_size = 1, tp_size = 1 }: Mesh) =>
  dp_replicate_size * fsdp_size * tp_size;
const tiny = (vocab_size: number) => ({ ...parityConfig("qwen3_moe"), vocab_size, tie_word_embeddings: true });

function jobs(): Job[] {
  const templates = new URL("../../../templates", import.meta.url).pathname;
  return cases.flatMap(([vocab_size, meshes]) => {
    const folder = join(root, `${vocab_size}`);
    mkdirSync(folder);
    const distinct = ({ dp_replicate_size = 1, fsdp_size = 1 }: Mesh) => dp_replicate_size * fsdp_size;
    const steps = [...new Set(meshes.map(distinct))];
    const job = (world: number, stage: object) => {
      const spec = JSON.stringify({ folder, config: tiny(vocab_size), tokens: 17, steps, ...stage });
      return { program: ownProgram("dispatch_parity.py"), arguments: [spec], world, folder, path: templates };
    };
    return [
      job(1, { stage: "reference" }),
      ...meshes.map((mesh) => job(worldOf(mesh), { stage: "ranks", mesh: { ep_size: 1, ...mesh } })),
    ];
  });
}

test("planc refuses the meshes that train tied embeddings wrongly, and no others", () => {
  const results = runJobs(jobs());
  for (const { status, stderr } of results) expect(new Set(status), stderr.join("\n")).toEqual(new Set([0]));
  const ranks = results.filter(({ stdout }) => stdout[0] !== "").map(({ stdout }) => JSON.parse(stdout[0] ?? ""));
  expect(ranks).toHaveLength(runs.length);
  const verdicts = runs.map(({ vocab_size, mesh }, index) => {
    const { gradient_difference, trained_difference } = ranks[index];
    expect(gradient_difference).toBeLessThan(1e-5);
    const cluster = { gpus_per_node: worldOf(mesh) };
    const parallelism = { ep_size: 1, fsdp_size: 1, ...mesh };
    const precision = { parameters: "float32", compute: "float32", reduce: "float32" };
    const refused = errorsOf({ cluster, parallelism, precision, sft: { max_length: 64 } }, tiny(vocab_size));
    return { vocab_size, mesh, wrong: trained_difference > 1e-3, right: trained_difference < 1e-5, refused };
  });
  for (const { wrong, right } of verdicts) expect(wrong).toBe(!right);
  expect(verdicts.map(({ refused }) => refused)).toEqual(verdicts.map(({ wrong }) => (wrong ? ["PLN3035"] : [])));
  // Both kinds are among them, with tensor parallelism too.
  expect(verdicts.map(({ wrong }) => wrong)).toEqual([true, false, false, true, true, false]);
});

test("a head that tensor parallelism cuts and an embedding that it does not are refused", () => {
  // transformers 5.23 fails with them in the first forward, on every mesh: "mixed torch.Tensor and DTensor".
  const tied = (name: string) => config(name, { tie_word_embeddings: true });
  const tensor = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 1, tp_size: 2, ep_size: 2 } };
  const large = { ...tensor, cluster: { gpus_per_node: 2, gpu: { name: "large", memory_gb: 900 } } };
  expect(errorsOf(large, tied("gpt-oss-20b"))).toEqual(["PLN3040"]);
  expect(errorsOf(large, config("gpt-oss-20b"))).toEqual([]);
  expect(errorsOf(large, tied("Qwen3-30B-A3B"))).toEqual([]);
});

describe("the message", () => {
  const large = { gpu: { name: "large", memory_gb: 900 } };
  const tied = (vocab_size: number) => config("Qwen3-30B-A3B", { tie_word_embeddings: true, vocab_size });

  test("a published vocabulary, which is padded, is no reason to refuse", () => {
    expect(errorsOf({ cluster: large }, tied(151936))).toEqual([]);
  });

  test("names the sizes that work, and its fix makes a plan that passes", () => {
    const changes = { cluster: large, parallelism: { fsdp_size: 8, ep_size: 2 } };
    const { diagnostics } = checkTree(changes, tied(32002));
    expect(diagnostics).toMatchObject([
      {
        code: "PLN3035",
        message: expect.stringMatching(/^32002 rows of tied embeddings do not divide by fsdp_size 8: /),
        help: expect.stringMatching(/^fsdp_size can be 1 or 2 here, with dp_replicate_size for the rest of 8 ranks; /),
      },
    ]);
    const mended = withFix(changes, tied(32002), "PLN3035");
    expect(mended.diagnostics).toEqual([]);
    expect(mended.value?.sizes).toMatchObject({ fsdp_size: 2, dp_replicate_size: 4, ep_size: 2 });
  });

  test("counts the rows that tensor parallelism leaves to a rank", () => {
    const changes = { cluster: large, parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 2, dp_replicate_size: 1 } };
    const { diagnostics } = checkTree(changes, tied(32004));
    expect(diagnostics[0]?.message).toContain("do not divide by tp_size 2 * fsdp_size 4 = 8");
    const mended = withFix(changes, tied(32004), "PLN3035");
    expect(mended.value?.sizes).toMatchObject({ fsdp_size: 2, dp_replicate_size: 2, tp_size: 2 });
  });

  test("offers no fix where ep_size would have to change too", () => {
    const { diagnostics } = checkTree({ cluster: large, parallelism: { fsdp_size: 8, ep_size: 4 } }, tied(32002));
    expect(diagnostics).toMatchObject([{ code: "PLN3035", fixes: [] }]);
  });
});
