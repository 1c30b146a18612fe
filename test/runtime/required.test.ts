/** How the preflight reads private names out of the source of a package, however that is written and installed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { python } from "../python.ts";
import { runtime } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-required-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  }
  return join(folder, name);
}

/** What a script prints, with a folder of packages and the runtime alone on Python's path. */
function printed(path: string, script: string, args: readonly string[] = []): string[] {
  const begin = `import sys; sys.path[:0] = [${JSON.stringify(path)}, ${JSON.stringify(runtime)}]\n`;
  return execFileSync(python, ["-I", "-S", "-c", `${begin}${script}`, ...args], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

const moved = write("moved", {
  "lib/__init__.py": "",
  "lib/old/__init__.py": "from .new import *\nfrom ._private import _name\nfrom . import inner",
  "lib/old/new.py": "def public(): ...\nclass Trainer:\n    def _run(self): ...\ndef _hidden(): ...",
  "lib/old/_private.py": "_name = 1",
  "lib/old/inner.py": "class Base:\n    def __init__(self):\n        self._made: int = 1",
  "lib/alias.py": "from .old import Trainer as New\nTrainer = New\nOther = object()",
  "lib/heir.py": "from .old import inner\nfrom typing import Generic\nclass Heir(Generic[int], inner.Base[int]): ...",
  "lib/lazy.py": "MOVED = ('Given',)\ndef __getattr__(name):\n    if name in MOVED:\n        return load(name)",
  "lib/round.py": "from .turn import name",
  "lib/turn.py": "from .round import name",
  "lib/mark.py": "\ufeff# coding: utf-8\nname = '\\d'",
});

test.each([
  ["lib.old.public", true],
  ["lib.old._hidden", false],
  ["lib.old._name", true],
  ["lib.old.inner", true],
  ["lib.old.Trainer._run", true],
  ["lib.old.Trainer._runs", false],
  ["lib.alias.Trainer._run", true],
  ["lib.alias.Other", true],
  ["lib.alias.Other._run", false],
  ["lib.heir.Heir._made", true],
  ["lib.heir.Heir._make", false],
  ["lib.lazy.Given", true],
  ["lib.lazy.Given._run", true],
  ["lib.lazy.Taken", false],
  ["lib.round.name", false],
  ["lib.mark.name", true],
  ["nothing.name", false],
])("%s is there: %s", (name, expected) => {
  const script = "from planc_runtime.stack.required import has_name\nprint(has_name(sys.argv[1]))";
  expect(printed(moved, script, [name])).toEqual([expected ? "True" : "False"]);
});

describe("a package", () => {
  const metadata = { "trl-1.2.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: trl\nVersion: 1.2.3\n" };
  const whole = {
    "trl/__init__.py": "",
    "trl/chat_template_utils.py": "def get_training_chat_template(): ...",
    "trl/trainer/__init__.py": "",
    "trl/trainer/sft_trainer.py":
      "class SFTTrainer:\n    def __init__(self):\n        self._metrics, self._total_train_tokens = {}, 0",
    "trl/trainer/dpo_trainer.py":
      "class DPOTrainer:\n    def __init__(self):\n        self._metrics, self._total_train_tokens = {}, 0",
  };
  const script = `from planc_runtime.preflight.stack import check_stack
for check in check_stack({"trl": "1.16.0"}):
    print(check.line())`;

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["that is whole", { ...metadata, ...whole }, ["preflight: ok    stack: 5 private names of trl are there"]],
    ["that is on the path alone is not installed", whole, []],
    ["that was removed has left a folder", { "trl/__pycache__/a.pyc": "" }, []],
    [
      "without its source",
      { ...metadata, "trl/__init__.pyc": "" },
      [
        "preflight: warns stack: trl 1.2.3 is installed without its source; whether it has the 5 private names that the " +
          "programs use is not known",
      ],
    ],
    [
      "that lacks names",
      { ...metadata, ...whole, "trl/trainer/sft_trainer.py": "SFTTrainer = None" },
      [
        "preflight: fails stack: trl 1.2.3 has no trl.trainer.sft_trainer.SFTTrainer._metrics (the log after resuming) and 1 " +
          "more, which the programs use; pip install trl==1.16.0, as in requirements.txt",
      ],
    ],
    [
      "with a damaged file",
      { ...metadata, ...whole, "trl/chat_template_utils.py": "def get(:\n" },
      [
        "preflight: fails stack: FOLDER/trl/chat_template_utils.py is no Python: invalid syntax, line 1; " +
          "pip install trl==1.16.0 --force-reinstall --no-deps",
      ],
    ],
    [
      "with a file of zeros",
      { ...metadata, ...whole, "trl/chat_template_utils.py": "\0\0" },
      [
        expect.stringMatching(
          /fails stack: FOLDER\/trl\/chat_template_utils.py (cannot be read|is no Python): source code string cannot contain null bytes/,
        ),
      ],
    ],
  ])("%s", (name, files, expected) => {
    const path = write(`package ${name}`, files);
    expect(printed(path, script).map((line) => line.replace(path, "FOLDER"))).toEqual(expected);
  });
});
