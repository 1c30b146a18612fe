/**
 * What PLN3035 is about, measured: which meshes train a tied model wrongly, and that planc refuses these and no others. If a
 * new release trains them all rightly, the rule can go.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { errorsOf } from "../../plans.ts";
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
