/** Every known issue: its example meets it, with the place and the diagnostic that it says, and its neighbour does not. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { allIssues, issuesMet, type MetIssue } from "../../src/check/issues.ts";
import * as compiler from "../../src/compiler.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { IssueExample, IssueExamples } from "../../src/diagnostics/issue-example.ts";
import { runRules } from "../../src/diagnostics/rule.ts";
import type { Rules } from "../../src/stack/engine.ts";
import type { ModelFacts } from "../../src/stack/facts.ts";
import type { Issue, ReportedIssue } from "../../src/stack/issue.ts";
import { stacks } from "../../src/stacks.ts";
import { compose } from "../cases/compose.ts";
import { filesOf, planFile } from "../cases/files.ts";
import { stacksWith } from "../cases/stacks.ts";
import { memoryHost } from "../host.ts";

const folders = ["src/engines/transformers/issues", "src/trainers/trl/issues"];
const files = folders.flatMap((folder) => readdirSync(`${root}${folder}`).map((name) => `${root}${folder}/${name}`));
const modules: { readonly examplesOfIssues?: IssueExamples }[] = await Promise.all(files.map((file) => import(file)));
const examples: IssueExamples = Object.assign({}, ...modules.map(({ examplesOfIssues }) => examplesOfIssues));
const all = allIssues([...stacks.engines, ...stacks.trainers]);

interface Met {
  readonly ids: readonly string[];
  readonly places: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
}

function judged({ plan, config, release, versions = {}, model_type }: IssueExample): Met {
  const { text } = compose(plan, { ...(config === undefined ? {} : { config }) });
  const host = memoryHost(filesOf(text, { ...(config === undefined ? {} : { config }) }) as Record<string, string>);
  const world = { host, stacks: stacksWith(release) };
  const { value = [], facts, diagnostics } = compiler.issuesOfPlan(world, planFile, versions);
  if (model_type === undefined) return metOf(value, diagnostics);
  if (facts.plan === undefined || facts.model === undefined) throw new Error("the example's plan is not judged");
  // The family may be one that has no published config here: the reference's parameters under its name.
  const model: ModelFacts = { ...facts.model, model: { ...facts.model.model, model_type, text_type: model_type } };
  const found = [model.engine, model.trainer].flatMap(({ rules }: { rules: Rules }) => runRules(rules.model, model));
  return metOf(issuesMet({ plan: model, model }, found), found);
}

function metOf(met: readonly MetIssue[], diagnostics: readonly Diagnostic[]): Met {
  const places = met.map(({ issue, location }) => [issue.id, location.file] as const);
  return { ids: met.map(({ issue }) => issue.id), places: new Map(places), diagnostics };
}

describe.each(all.map((issue) => [issue.id, issue] as const))("%s", (id, issue) => {
  const { meets, misses } = examples[id] ?? {};

  test("is met by its example, and not by the neighbour", () => {
    if (meets === undefined || misses === undefined) throw new Error(`${id} has no examples`);
    expect(judged(meets).ids).toContain(id);
    expect(judged(misses).ids).not.toContain(id);
  });

  test("gets a diagnostic with its id and its severity, unless the bundle takes care of it", () => {
    if (meets === undefined) throw new Error(`${id} has no examples`);
    const isOlder =
      issue.fixed_in !== undefined && Object.hasOwn(meets.versions ?? {}, "transformers") && !isKnown(meets);
    const own = judged(meets).diagnostics.filter((diagnostic) => diagnostic.issue === id);
    if (issue.bundle !== undefined || isOlder) expect(own).toEqual([]);
    else expect([...new Set(own.map(({ severity }) => severity))]).toEqual([severityOf(issue)]);
  });

  test("is said so that it reads behind the package's name", () => {
    for (const words of [issue.symptom, issue.where, issue.workaround, issue.bundle ?? "x"]) {
      expect(words).toMatch(/^\S/);
      expect(words).not.toMatch(/[.\s]$/);
    }
    expect(issue.symptom).not.toMatch(/^[A-Z][a-z]/);
  });
});

function isKnown({ versions = {} }: IssueExample): boolean {
  return stacks.engines.some(({ releases }) => releases.some(({ version }) => version === versions["transformers"]));
}

function severityOf({ severity }: Issue): Diagnostic["severity"] {
  return severity === "refuse" ? "error" : "warning";
}

test("there are examples of issues alone, and ids are of one issue each", () => {
  const ids = all.map(({ id }) => id);
  expect(Object.keys(examples).sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test("what costs without being wrong is no reason to refuse, but for what switches the plan itself off", () => {
  const refused = all.filter(({ effect, severity }) => effect === "cost" && severity === "refuse");
  expect(refused.map(({ id }) => id)).toEqual(["dispatch-replaced"]);
});

test("every rule that an issue names is one", () => {
  const rules = [...stacks.engines, ...stacks.trainers].flatMap(({ rules: own }) => Object.values(own).flat());
  const names = [...rules.map(({ name }) => name), "quantization"];
  const reported = [...stacks.engines, ...stacks.trainers].flatMap(
    ({ issues }): readonly ReportedIssue[] => issues.reported,
  );
  expect(reported.filter(({ rule }) => !names.includes(rule))).toEqual([]);
});

describe("why an older release is refused", () => {
  const why = (transformers: string, parallelism: string) => {
    const plan = `\nparallelism: ${parallelism}\n`;
    const { diagnostics } = judged({ plan, versions: { transformers } });
    return diagnostics.find(({ code }) => code === "PLN4001")?.message;
  };

  test.each([
    ["5.22.2", "{ ep_size: 8, fsdp_size: 8 }", "gradients of the experts come out divided by fsdp_size"],
    ["5.22.2", "{ ep_size: 4, fsdp_size: 8 }", "planc has no data of it"],
    ["5.21.1", "{ ep_size: 2, fsdp_size: 4, dp_replicate_size: 2 }", "it has no dp_replicate_size"],
    ["5.20.0", "{ ep_size: 2, tp_size: 2, fsdp_size: 4 }", "planc has no data of it"],
    ["5.20.0", "{ ep_size: 8, tp_size: 8, fsdp_size: 1 }", "planc has no data of it"],
    ["5.19.0", "{ ep_size: 8, fsdp_size: 8 }", "it refuses every ep_size other than tp_size"],
    ["5.18.0", "{ fsdp_size: 8 }", "planc has no data of it"],
    ["5.16.0", "{ ep_size: 8, fsdp_size: 8 }", "lack the share of the other ranks' experts"],
    ["5.5.0", "{ ep_size: 8, fsdp_size: 8 }", "tokens reach the wrong experts"],
    ["4.57.6", "{ ep_size: 8, fsdp_size: 8 }", "it has no expert parallelism for training"],
    ["4.57.6", "{ fsdp_size: 8 }", "it has no fsdp_size"],
  ])("%s, %s: %s", (version, parallelism, reason) => {
    expect(why(version, parallelism)).toContain(reason);
  });

  test("is said once: nothing else is said of the same issue", () => {
    const { diagnostics } = judged({
      plan: "\nparallelism: { ep_size: 8, fsdp_size: 8 }\n",
      versions: { transformers: "5.22.2" },
    });
    expect(diagnostics.map(({ code }) => code)).toEqual(["PLN4001", "PLN3031"]);
  });
});
