import fc from "fast-check";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";
import { awkwardText } from "../text/values.ts";

type Tree = Readonly<Record<string, unknown>>;

const modelConfig = JSON.stringify(config("Qwen3-30B-A3B"));

/** The plan's bundle: path → text. Throws with what was said when the plan has errors. */
export async function bundleOf(changes: Tree): Promise<ReadonlyMap<string, string>> {
  // Left out, what is computed again follows from the GPU's memory, and train.py from it.
  const whole = plan({ recompute: "full", ...changes });
  const host = memoryHost({ "plan.yaml": JSON.stringify(whole, null, 1), "config.json": modelConfig });
  const { value, diagnostics } = await compilePlan(host, "plan.yaml");
  if (value === undefined)
    throw new Error(
      diagnostics
        .filter(({ severity }) => severity === "error")
        .map(({ code, message }) => `${code} ${message}`)
        .join("\n"),
    );
  return new Map(value.files.map(({ path, content }) => [path, content]));
}

/** Text that a plan may hold: anything but a NUL and halves of surrogate pairs, now and then very long. */
export const text: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 8, arbitrary: awkwardText },
    { weight: 1, arbitrary: fc.tuple(awkwardText, fc.nat(3500)).map(([part, count]) => `${part}${"x".repeat(count)}`) },
  )
  .map(usable);

/** The same, not empty and no longer than a key takes. */
export function textOf(most: number): fc.Arbitrary<string> {
  return text.map((value) => usable(value.slice(0, most))).map((value) => (value === "" ? "$(x)" : value));
}

function usable(value: string): string {
  return value.replace(/[\0\p{Cs}]/gu, "");
}

/** Names that occur nowhere else in a bundle. */
const word = fc.stringMatching(/^[A-Za-z0-9._-]{0,30}$/).map((rest) => `Zq${rest}`);
const variables = fc.oneof(
  fc.constantFrom("NCCL_DEBUG", "IFS", "CDPATH", "HOME", "PS4", "lambda", "if", "done", "__proto__", "PYTHONPATH", "e"),
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{3,12}$/).map((name) => `X${name}`),
);

/** What a split may be is a format of its own. */
const splits = fc.constantFrom("train", "test.2", "train[:1000]", "train[-10%:]+test[5%:6%](closest)");

/** Every text of the plan that is free, hostile. `activate` is left to those who have a file to activate. */
export const hostilePlan = fc
  .record({
    name: word,
    model: fc.record(
      {
        checkpoint: textOf(4096),
        revision: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,60}$/),
        tokenizer: textOf(4096),
      },
      { requiredKeys: ["checkpoint"] },
    ),
    cluster: fc.record({
      gpu: fc.record({ name: textOf(64), memory_gb: fc.constantFrom(80, 96.5) }),
      env: fc.dictionary(variables, fc.oneof(text, fc.integer()), { maxKeys: 6 }),
    }),
    data: fc.record({ path: textOf(4096), name: textOf(256), split: splits }, { requiredKeys: ["path"] }),
    sft: fc.record(
      {
        output_dir: textOf(300),
        run_name: text,
        project: text,
        dataset_text_field: textOf(100),
        eos_token: textOf(30),
        pad_token: textOf(30),
        label_names: fc.array(text, { maxLength: 4 }),
        include_for_metrics: fc.array(text, { maxLength: 3 }),
        liger_kernel_config: fc.dictionary(text, nested(), { maxKeys: 4 }),
        hub_model_id: textOf(80),
        torch_compile_mode: text,
        learning_rate: fc.double({ min: 1e-12, max: 1, noNaN: true }),
        max_steps: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      },
      { requiredKeys: [] },
    ),
  })
  .map((changes): Tree => changes);

/** Values that a mapping of the trainer's may hold. */
function nested(): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(text, tie("value"), { maxKeys: 3 }),
    ),
  })).value;
}
