/** The private names of the stack: each is there, only `planc_runtime/stack` touches them, and the preflight misses one that is not. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bundleOf } from "../emitted/hostile-plans.ts";
import { ownProgram } from "../python/jobs.ts";
import { python, pythons } from "../python.ts";
import { linesOf, lockFor, run, runtime, writeLock } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-stack-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Interpreters with other releases, if there are any: paths in PLANC_TEST_PYTHONS, with colons between. */
const interpreters = [
  ...pythons.map(([, path]) => path),
  ...(process.env["PLANC_TEST_PYTHONS"] ?? "").split(":").filter((path) => path !== ""),
];

/** What an interpreter finds of the tables' names and of further ones, by import and by reading. */
function lookFor(interpreter: string, names: readonly string[]) {
  const printed = execFileSync(interpreter, [ownProgram("stack_names.py"), runtime, ...names], { encoding: "utf8" });
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "");
}

/** By inheritance, and by import of another module's. */
const borrowed = [
  "transformers.Trainer._run_epoch",
  "transformers.modeling_utils.PreTrainedModel.should_save_on_this_rank",
  "transformers.trainer.ExportableState",
];

const invented = [
  "transformers.trainer.Trainer._run_epochs",
  "transformers.trainer.Trainer._tr_losses",
  "transformers.trainer.NoTrainer._run_epoch",
  "transformers.no_trainer.Trainer",
  "transformers.masking_utils.find_packed_sequences",
  "transformers.core_model_loading._weight_conversion",
];

test.each(interpreters)(
  "the releases of %s have every name that the runtime needs, and none that is invented",
  (interpreter) => {
    const { releases, names, imported, read } = lookFor(interpreter, [...borrowed, ...invented]);
    expect([releases, imported, read]).toEqual([releases, invented, invented]);
    expect(releases).toHaveProperty("transformers");
    expect(names.length).toBeGreaterThan(20);
  },
);

/** Uses of private names in sources, by the paths that imports know them by. */
function usesIn(sources: Readonly<Record<string, string>>): string[] {
  const options = { input: JSON.stringify(sources), encoding: "utf8" } as const;
  return JSON.parse(execFileSync(python, [ownProgram("private_uses.py"), runtime], options));
}

describe("private names", () => {
  test("are touched in planc_runtime/stack alone", async () => {
    const names = readdirSync(`${runtime}/planc_runtime`, { recursive: true, encoding: "utf8" });
    const files = names.filter((name) => name.endsWith(".py") && !name.startsWith("stack/"));
    expect(files.length).toBeGreaterThan(150);
    const read = (name: string) => readFileSync(`${runtime}/planc_runtime/${name}`, "utf8");
    expect(usesIn(Object.fromEntries(files.map((name) => [`planc_runtime/${name}`, read(name)])))).toEqual([]);
    const packed = { sft: { max_steps: 1, packing: true, packing_strategy: "bfd" } };
    for (const changes of [{}, packed, { recompute: "experts" }, { conversion: { to: "gate_up" } }]) {
      const programs = [...(await bundleOf(changes))].filter(([path]) => /^[^/]+\.py$/.test(path));
      expect(programs.map(([path]) => path)).toEqual(expect.arrayContaining(["train.py", "forward.py"]));
      expect(usesIn(Object.fromEntries(programs))).toEqual([]);
    }
  });

  test.each([
    ["import transformers.trainer", "a.py:1 imports transformers.trainer"],
    ["from transformers.integrations.moe import x", "a.py:1 imports from transformers.integrations.moe"],
    ["from trl.trainer.sft_trainer import SFTTrainer", "a.py:1 imports from trl.trainer.sft_trainer"],
    ["from peft import _private", "a.py:1 imports from peft"],
    ["from accelerate.data_loader import SeedableRandomSampler", "a.py:1 imports from accelerate.data_loader"],
    ["import transformers\ntransformers.trainer", "a.py:2 touches transformers.trainer"],
    ["from transformers import Trainer\nTrainer.train = f", "a.py:2 touches transformers.Trainer.train"],
    ["trainer._tr_loss", "a.py:1 touches ._tr_loss, which is in a table of stack/"],
    ["model._no_split_modules", "a.py:1 touches ._no_split_modules"],
    ["model.gather_sharded_state_dict_for_save()", /table of stack/],
    ["getattr(model, '_tp_plan')", "a.py:1 touches _tp_plan by its name"],
    ["trainer.save_model('x', _internal_call=True)", "a.py:1 gives _internal_call"],
    [
      "from trl import SFTTrainer\nclass A(SFTTrainer):\n    def _save_checkpoint(self): ...",
      "a.py:3 overrides trl.SFTTrainer._save_checkpoint",
    ],
    [
      "from planc_runtime.checkpoint.trainer import PlanTrainer\nclass A(PlanTrainer):\n    def _run_epoch(self): ...",
      "a.py:3 overrides trl.SFTTrainer._run_epoch",
    ],
  ])("are seen in %j", (source, expected) => {
    const found = usesIn({ "a.py": source });
    expect(found).toContainEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });

  test.each([
    "import transformers\ntransformers.logging.set_verbosity_error()",
    "from trl import SFTTrainer\nclass A(SFTTrainer):\n    def _own(self): ...\n    def train(self): self._own()",
    "import os\nos._exit(0)",
    "from transformers import Trainer\nclass A:\n    def _run_epoch(self): ...",
  ])("are none in %j", (source) => expect(usesIn({ "a.py": source })).toEqual([]));
});

/** A folder for Python's path with a package as it is installed, but for one of its files, in which a text is another. */
function changed(name: string, file: string, text: string, by: string): string {
  const ask = `import importlib.util; print(importlib.util.find_spec("${name}").submodule_search_locations[0])`;
  const installed = execFileSync(python, ["-c", ask], { encoding: "utf8" }).trim();
  const made = join(folder, `${name}-${by}`, name);
  // The folders on the way to the file are made, and all that lies beside it is linked.
  const parts = file.split("/");
  for (const [depth, part] of parts.entries()) {
    const inner = parts.slice(0, depth).join("/");
    mkdirSync(join(made, inner), { recursive: true });
    for (const entry of readdirSync(join(installed, inner)))
      if (entry !== part) symlinkSync(join(installed, inner, entry), join(made, inner, entry));
  }
  const source = readFileSync(join(installed, file), "utf8");
  expect(source).toContain(text);
  writeFileSync(join(made, file), source.replaceAll(text, by));
  return join(made, "..");
}

describe("a release that lacks a name", () => {
  const lock = lockFor();
  const file = writeLock(folder, lock);
  const pins = lock.plan.stack.versions;

  test.each([
    ["transformers", "trainer.py", "_run_epoch", "resuming after the last step"],
    ["accelerate", "data_loader.py", "SeedableRandomSampler", "the order of the data after resuming"],
  ])("%s without %s's %s ends the preflight, and its step without a GPU", async (name, source, text, use) => {
    const path = `${changed(name, source, text, "Renamed")}:${runtime}`;
    const dotted = text.startsWith("_") ? `Trainer.${text}` : text;
    const message =
      `fails stack: ${name} ${pins[name]} has no ${name}.${source.replace(".py", "")}.${dotted} (${use}), ` +
      `which the programs use; pip install ${name}==${pins[name]}, as in requirements.txt`;
    for (const module of ["planc_runtime.preflight", "planc_runtime.preflight.stack"]) {
      const ran = linesOf(await run(python, ["-m", module, file, "--cpu"], { PYTHONPATH: path }));
      expect([ran.status, ran.named["stack"]]).toEqual([2, message]);
    }
  });

  test("without which steps take longer is warned of, and the steps come", async () => {
    const path = `${changed("transformers", "distributed/fsdp.py", "fully_shard", "shard_fully")}:${runtime}`;
    const ran = linesOf(await run(python, ["-m", "planc_runtime.preflight.stack", file], { PYTHONPATH: path }));
    const name = "transformers.distributed.fsdp.fully_shard";
    expect([ran.status, ran.named["stack"]]).toEqual([
      0,
      `warns stack: transformers ${pins["transformers"]} has no ${name} (experts that no other rank shares, outside of ` +
        "FSDP), without which steps take longer",
    ]);
  });

  test("is none of those that are installed, and needs nothing but Python", async () => {
    const ran = linesOf(await run(python, ["-m", "planc_runtime.preflight.stack", file]));
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
    expect(ran.named["stack"]).toMatch(
      /^ok stack: \d+ private names of accelerate, datasets, peft, transformers, trl are there$/,
    );
    const bare = linesOf(
      await run(python, [
        "-I",
        "-S",
        "-c",
        `import sys, runpy
sys.path.insert(0, ${JSON.stringify(runtime)})
sys.argv = ["stack", ${JSON.stringify(file)}]
runpy.run_module("planc_runtime.preflight.stack", run_name="__main__")`,
      ]),
    );
    expect([bare.status, bare.named["transformers"], bare.named["stack"]]).toEqual([
      2,
      expect.stringMatching(/^fails transformers: not installed; the plan pins/),
      undefined,
    ]);
  });
});
