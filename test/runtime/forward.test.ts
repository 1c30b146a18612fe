/** `forward.py` with a file of prompts, shared out to ranks, against one process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { parityConfig } from "./parity-configs.ts";
import { toyBundle, toyJob } from "./toy-bundle.ts";

const prompts = ["w3 w4 w5", "w9", "w3 w4 w5", "w20 w21 w22 w23 w24", "w7 w8"];
const meshes: readonly { fsdp_size: number; tp_size?: number; ep_size: number }[] = [
  { fsdp_size: 2, ep_size: 2 },
  { fsdp_size: 2, tp_size: 2, ep_size: 4 },
];

const root = mkdtempSync(join(tmpdir(), "planc-forward-"));
afterAll(() => rmSync(root, { recursive: true }));

const model = join(root, "model");
let reference: { readonly loss: number | null; readonly text: string }[];
let answers: Result[];
let blank: Result | undefined;
let changed: Result | undefined;

beforeAll(async () => {
  const config = parityConfig("qwen3_moe");
  const file = join(root, "prompts.txt");
  writeFileSync(file, `${prompts.join("\n\n")}\n`);
  writeFileSync(join(root, "blank.txt"), "\n  \n");
  const bundles = await Promise.all(
    meshes.map((mesh, index) => {
      const gpus_per_node = mesh.fsdp_size * (mesh.tp_size ?? 1);
      return toyBundle(join(root, String(index)), config, { cluster: { gpus_per_node }, parallelism: mesh });
    }),
  );
  const forward = (index: number, ...args: string[]) => {
    const mesh = meshes[index] ?? { fsdp_size: 1, ep_size: 1 };
    return {
      program: join(bundles[index] ?? "", "forward.py"),
      arguments: ["--cpu", "--model", model, "--max-new-tokens", "3", ...args],
      world: mesh.fsdp_size * (mesh.tp_size ?? 1),
      folder: root,
      path: bundles[index] ?? "",
    };
  };
  const results = runJobs([
    toyJob(root, config),
    {
      program: ownProgram("forward_reference.py"),
      arguments: [model, JSON.stringify(prompts), "3"],
      world: 1,
      folder: root,
    },
    ...meshes.map((_, index) => forward(index, "--prompt-file", file, "--json", "--check")),
    forward(0, "--prompt-file", join(root, "blank.txt")),
    { program: ownProgram("forward_disagrees.py"), arguments: [model], world: 2, folder: root, path: bundles[0] ?? "" },
  ]);
  for (const result of results.slice(0, 2)) expect(result.status, result.stderr[0]).toEqual([0]);
  reference = JSON.parse(results[1]?.stdout[0] ?? "");
  answers = results.slice(2, 2 + meshes.length);
  [blank, changed] = results.slice(-2);
});

describe.each(meshes.map((mesh, index) => [JSON.stringify(mesh), index] as const))("on %s", (_, index) => {
  test("every prompt is answered once, in the order of the file, as by one process", () => {
    const result = answers[index];
    expect(new Set(result?.status), result?.stderr.join("\n")).toEqual(new Set([0]));
    const lines = (result?.stdout[0] ?? "").split("\n").filter((line) => line.startsWith("{"));
    const found = lines.map((line) => JSON.parse(line));
    expect(found.map(({ prompt }) => prompt)).toEqual(prompts);
    expect(found.map(({ text }) => text)).toEqual(reference.map(({ text }) => text));
    for (const [number, { loss, likeliest }] of found.entries()) {
      const expected = reference[number]?.loss ?? null;
      if (expected === null) expect(loss).toBeNull();
      else expect(loss).toBeCloseTo(expected, 4);
      expect(likeliest).toHaveLength(5);
    }
    for (const other of result?.stdout.slice(1) ?? []) expect(other).not.toContain("{");
  });

  test("--check says that the logits agree, and how far they are apart", () => {
    expect(answers[index]?.stdout[0]).toMatch(
      /^check: logits agree with one process on cpu: largest difference \S+ of/m,
    );
  });
});

test("--check ends with 4 when weights differ", () => {
  expect(changed?.status, changed?.stderr.join("\n")).toEqual([4, 4]);
  expect(changed?.stderr[0]).toContain("check: logits DISAGREE with one process on cpu");
  expect(changed?.stdout.join("")).not.toContain("not reached");
});

test("a file without prompts is a sentence", () => {
  expect(blank?.status).toEqual([2, 2]);
  expect(blank?.stderr[0]).toContain(`error: ${join(root, "blank.txt")} has no prompts: write one a line`);
  expect(blank?.stderr.join("")).not.toContain("Traceback");
});
