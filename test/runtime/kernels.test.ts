/** The kernels between the collectives of expert parallelism, and the plain torch that specifies them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { python } from "../python.ts";

const runtime = fileURLToPath(new URL("../../templates", import.meta.url));
const hasTriton = spawnSync(python, ["-c", "import importlib.util as i; assert i.find_spec('triton')"]).status === 0;

interface Outcome {
  readonly names: readonly string[];
  readonly failures: Readonly<Record<string, string>>;
}

describe("what the kernels compute", () => {
  test("is what loops, transformers and autograd compute", () => {
    const { names, failures } = outcome("kernels_formulas.py");
    expect(failures).toEqual({});
    expect(names.length).toBeGreaterThan(25);
  });

  test("is the same in Triton, over awkward shapes", (context) => {
    needs(context, "triton", hasTriton);
    const { names, failures } = outcome("kernels_twins.py", { TRITON_INTERPRET: "1" });
    expect(failures).toEqual({});
    expect(names.length).toBeGreaterThan(80);
  });
});

test("Triton compiles them for three generations of GPUs, with wide accesses and no atomics", (context) => {
  needs(context, "triton", hasTriton);
  const { names, failures } = outcome("kernels_lowered.py");
  expect(failures).toEqual({});
  expect(names).toHaveLength(42);
});

function outcome(program: string, more: Readonly<Record<string, string>> = {}): Outcome {
  const script = fileURLToPath(new URL(`../python/${program}`, import.meta.url));
  const env = { ...process.env, PYTHONPATH: runtime, CUDA_VISIBLE_DEVICES: "", OMP_NUM_THREADS: "1", ...more };
  const { status, stdout, stderr } = spawnSync(python, [script], { env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
