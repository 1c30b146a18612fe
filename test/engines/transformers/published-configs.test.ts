import { describe, expect, test } from "vitest";
import { transformers } from "../../../src/engines/transformers/engine.ts";
import { rules } from "../../../src/generated/rules/transformers.ts";
import { families } from "../../../src/model/families.ts";
import { readPlan } from "../../../src/plan/read.ts";
import { readSource } from "../../../src/source/read.ts";
import { findStack } from "../../../src/stack/stacks.ts";
import { stacks } from "../../../src/stacks.ts";
import { isMapping } from "../../../src/text/values.ts";
import { memoryHost } from "../../host.ts";
import { plan } from "../../plans.ts";
import { published, publishedText } from "../../published.ts";

/** What the rules about config.json say of a published one, whether or not planc has a model for its family. */
function findings(text: string, release: (typeof transformers.releases)[number]) {
  const host = memoryHost({ "plan.yaml": JSON.stringify(plan()), "config.json": text });
  const read = readPlan(host, "plan.yaml").value;
  const config = read && readSource(host, "config.json", "json", read.written.at("model.config")).value;
  const stack = read && findStack(stacks, read).value;
  if (config === undefined || stack === undefined || !isMapping(config.value)) throw new Error("not read");
  const facts = { ...stack, release, rows: stack.task.rows(stack.plan), config };
  const diagnostics = rules.config.flatMap((rule) => [...rule.check(facts)]);
  return { type: String(config.value["model_type"]), messages: diagnostics.map(({ message }) => message) };
}

describe.each(transformers.releases.map((release) => [release.version, release] as const))("%s", (_, release) => {
  test.each(published)("%s has nothing wrong", (name) => {
    const { type, messages } = findings(publishedText(name), release);
    // What no release has, and dense models, are none of those whose classes are read.
    if (families.has(type) && release.moeModelTypes.includes(type)) expect(release.configs.ofType(type)).toBeDefined();
    expect(messages).toEqual([]);
  });
});
