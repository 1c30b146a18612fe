/**
 * Documents of a packed row: gpt_oss as it is bundled agrees with its documents one by one, however the plan packs them, and a
 * bundle that lets them see each other is caught, and named.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import type { Outcome } from "../../src/run/outcome.ts";
import { checkPlan, transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { withPoints } from "../published-numbers.ts";
import { rehearsals, replace } from "./rehearsal.ts";

type Tree = Readonly<Record<string, unknown>>;

const folder = `${root}test/fixtures/packing/`;
const config = readFileSync(`${folder}gpt_oss.config.json`, "utf8");

/** A reported plan, checked, with options of the trainer and keys of the config.json replaced. */
function checked(name: string, options: Tree = {}, keys: Tree = {}, mesh: Tree = {}) {
  const plan = JSON.parse(readFileSync(`${folder}${name}.yaml`, "utf8"));
  const files = {
    "plan.yaml": JSON.stringify({
      ...plan,
      // What the tests run on, whichever release the job was recorded with.
      stack: { ...plan.stack, versions: { ...plan.stack.versions, transformers: transformersRelease().version } },
      parallelism: { ...plan.parallelism, ...mesh },
      sft: { ...plan.sft, ...options },
    }),
    "gpt_oss.config.json": withPoints(JSON.stringify({ ...JSON.parse(config), ...keys })),
  };
  return checkPlan(memoryHost(files), "plan.yaml").value;
}

function said(outcome: Outcome): string[] {
  return outcome.failure === undefined ? [...(outcome.disagreements ?? ["not judged"])] : [outcome.failure.message];
}

const rehearse = rehearsals();
const agreeing = (
  [
    ["gpt-oss-packing", {}, {}],
    // The router's loss is a mean over the row, and several rows are one.
    ["gpt-oss-bfd-split", { per_device_train_batch_size: 2 }, { router_aux_loss_coef: 0.9 }],
    ["gpt-oss-padding-free", { per_device_train_batch_size: 3 }, {}],
  ] as const
).map(([name, options, keys]) => [name, rehearse(checked(name, options, keys))] as const);

test.each(agreeing)("%s agrees with its documents one by one", (_, ran) => {
  const outcome = ran();
  expect(said(outcome)).toEqual([]);
  expect(outcome.documents?.rows).toBeGreaterThan(0);
});

const untrained = rehearse(checked("gpt-oss-packing", {}, {}, { tp_size: 2, fsdp_size: 1, ep_size: 2 }));
test("without the trainer, too, which takes no tp_size above 1 here", () => {
  expect(said(untrained())).toEqual([]);
});

const spoil = replace("train.py", "    separate_documents(model)\n", "");
const unmasked = rehearse(checked("gpt-oss-packing"), spoil);
test("gpt_oss without masks is caught, and named", () => {
  expect(said(unmasked())[0]).toMatch(
    /^documents of a packed row see each other: log-probabilities are off by \d\.\de[-+]\d+ behind the first document of a row, and right in it$/,
  );
});
