import { expect, test } from "vitest";
import { covered } from "../markers.ts";
import { checkTree, plan } from "../plans.ts";

/** What is said about texts that a shell would expand, and the places that it is said of. */
function said(changes: Parameters<typeof plan>[0]) {
  const text = JSON.stringify(plan(changes), null, 2);
  return checkTree(changes)
    .diagnostics.filter(({ code }) => code === "PLN5028")
    .map(({ severity, message, location }) => `${severity}: ${message} @ ${covered(text, location)}`);
}

const ending = "which reaches the job as it is written: nothing is expanded";

test("a shell's variables and home folders are warned of where a plan has paths", () => {
  expect(
    said({
      model: { checkpoint: "~/models/qwen" },
      cluster: { activate: "$HOME/venv/bin/activate", env: { HF_HOME: "${SCRATCH:-/tmp}/hf" } },
      data: { path: "/data/$USER/train.parquet" },
    }),
  ).toEqual([
    `warning: model.checkpoint holds ~, ${ending} @ "~/models/qwen"`,
    `warning: cluster.activate holds $HOME, ${ending} @ "$HOME/venv/bin/activate"`,
    `warning: cluster.env.HF_HOME holds \${SCRATCH:-/tmp}, ${ending} @ "\${SCRATCH:-/tmp}/hf"`,
    `warning: data.path holds $USER, ${ending} @ "/data/$USER/train.parquet"`,
  ]);
});

test("dollars and tildes of other kinds are nobody's concern", () => {
  expect(
    said({ data: { path: "a~b/$5" }, cluster: { activate: "/opt/~x", env: { A: "100$", B: "$(date)", C: "~user" } } }),
  ).toEqual([]);
});
