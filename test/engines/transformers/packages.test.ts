/** Packages that a plan asks for beside its stack: in requirements.txt, in the lock, and looked for before the job starts. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../../../scripts/root.ts";
import { emitRequirements } from "../../../src/engines/transformers/files/requirements.ts";
import { catalogue } from "../../../src/generated/catalogue.ts";
import { orList } from "../../../src/text/words.ts";
import { elsewhere } from "../../../src/trainers/trl/options/elsewhere.ts";
import { optimizerVerdict, runnable } from "../../../src/trainers/trl/options/optimizers.ts";
import { plancOwned } from "../../../src/trainers/trl/options/owned.ts";
import { reporters } from "../../../src/trainers/trl/options/reporting.ts";
import { unfit } from "../../../src/trainers/trl/options/sharded.ts";
import { sft } from "../../compiler.ts";
import { checkTree, config } from "../../plans.ts";
import { python } from "../../python.ts";

function asked(changes: Parameters<typeof checkTree>[0], modelConfig?: Parameters<typeof checkTree>[1]) {
  const { value } = checkTree(changes, modelConfig);
  if (value === undefined) throw new Error("the plan is refused");
  const { content } = emitRequirements(value);
  return { lines: content.split("\n"), packages: value.packages };
}

test("a reporting integration brings its packages, with a bound where transformers has one", () => {
  const { lines, packages } = asked({ sft: { report_to: ["wandb", "comet_ml", "dagshub", "mlflow"] } });
  expect(packages.map(({ name, range }) => name + range)).toEqual(["wandb", "comet_ml>=3.43.2", "dagshub", "mlflow"]);
  expect(lines).toEqual(expect.arrayContaining(["wandb", "comet_ml>=3.43.2", "dagshub", "mlflow"]));
  for (const report_to of ["none", "all", undefined]) expect(asked({ sft: { report_to } }).packages).toEqual([]);
});

test("flash attention brings the package that loads kernels from the Hub", () => {
  const wanted = [{ name: "kernels", range: ">=0.18.2,<0.19", for: "model.attn_implementation" }];
  const attn_implementation = "flash_attention_2";
  expect(asked({ model: { attn_implementation } }).packages).toEqual(wanted);
  expect(asked({ model: { attn_implementation } }).lines).toContain("kernels>=0.18.2,<0.19");
  expect(asked({ sft: { max_length: 512 } }, config("gpt-oss-20b")).packages).toEqual([]);
});

test("what is said to be missing from a bundle is missing, whatever a plan asks for", () => {
  const report_to = Object.keys(reporters);
  const { lines } = asked({ model: { attn_implementation: "flash_attention_2" }, sft: { report_to } });
  const installed = new Set(lines.map((line) => line.replace(/[<>=!~#].*$/, "").replaceAll("_", "-")));
  expect(installed).toContain("liger-kernel");
  expect(installed).toContain("kernels");
  const missing = (sft.options.get("optim")?.values ?? []).flatMap((name) => {
    const verdict = optimizerVerdict(name);
    return verdict?.variant === "default" ? [verdict.package] : [];
  });
  expect(missing).toContain("bitsandbytes");
  expect(missing.filter((name) => installed.has(name.replaceAll("_", "-")))).toEqual([]);
  const sentences = [
    ...unfit.flatMap(({ because }) => [because.symptom, because.workaround]),
    ...Object.values(elsewhere).map(({ instead }) => instead),
    ...Object.values(plancOwned).map(({ why }) => why),
  ];
  for (const name of installed)
    expect(sentences.filter((text) => text.includes(name) && /not install|not hold/.test(text))).toEqual([]);
});

test("the optimizers that a message recommends are the ones that run", () => {
  expect(catalogue.get("PLN4027")?.reporter.help).toBe(`use ${orList(runnable)}`);
});

test("the preflight looks for them, where this start needs them", () => {
  const program = `
import json
from planc_runtime.preflight.packages import check_packages, is_within, needed_packages
from types import SimpleNamespace as Options
packages = [
    {"name": "no-such-package", "range": ">=1", "for": "model.attn_implementation"},
    {"name": "pip", "range": ">=1,<99999", "for": "sft.report_to"},
    {"name": "pip", "range": "<1", "for": "sft.report_to"},
]
lock = {"engine": {"packages": packages}, "trainer": {"task": "sft"}}
def said(**options):
    return [[check.name, check.verdict, check.advice] for check in check_packages(needed_packages(lock, Options(**options)))]
print(json.dumps({
    "all": said(cpu=False, report_to=None), "cpu": said(cpu=True, report_to="none"),
    "range": [is_within(v, ">=0.18.2,<0.19") for v in ("0.18.2", "0.18.10", "0.19", "0.18.1", "0.19.0rc1", "1")],
}))
`;
  const env = { ...process.env, PYTHONPATH: `${root}templates` };
  const found = JSON.parse(execFileSync(python, ["-c", program], { env, encoding: "utf8" }));
  expect(found).toEqual({
    all: [
      ["no-such-package", "fails", "pip install 'no-such-package>=1'"],
      ["pip", "ok", ""],
      ["pip", "fails", "pip install 'pip<1'"],
    ],
    cpu: [],
    range: [true, true, false, false, false, false],
  });
});
