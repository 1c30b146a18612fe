/**
 * What planc says of a config.json against what transformers makes of it, with every key changed in every way that
 * `scripts/try_configs.py` knows: a config that planc accepts is built and trained, one that it refuses is not.
 */
import { expect, test } from "vitest";
import { python } from "../../python.ts";
import { conformance } from "../../sample.ts";
import { trainedToys } from "./config-toys.ts";
import { tryConfigs, verdictOn } from "./config-verdicts.ts";

/** A family with experts alone, one with latent attention and groups, one with windows. */
const families = ["qwen3_moe", "deepseek_v3", "gpt_oss"];
const changes = [
  "null",
  "text of it",
  "0",
  "with a point",
  "vocabulary",
  "nope each",
  "unknown type",
  "yarn, factor as text",
];

test("planc and transformers agree on changed configs", () => {
  const sample = Object.fromEntries(Object.entries(trainedToys).filter(([type]) => families.includes(type)));
  const { transformers, untried, found } = tryConfigs(
    python,
    conformance ? { configs: trainedToys } : { configs: sample, changes },
  );
  expect(untried).toEqual({});
  const wrong = found.flatMap((tried) => {
    const { verdict, errors } = verdictOn(tried, transformers);
    const { config, key, change, stage, error } = tried;
    return verdict === "agree"
      ? []
      : [`${verdict}: ${config} ${key}: ${change}: ${errors.join("; ") || `${stage} ${error}`}`];
  });
  expect(wrong).toEqual([]);
  expect(found.filter(({ stage }) => stage === "fine").length).toBeGreaterThan(100);
  expect(found.filter(({ stage }) => stage !== "fine").length).toBeGreaterThan(100);
});
