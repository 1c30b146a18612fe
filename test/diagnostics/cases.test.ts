/**
 * The cases of every rule, each compared with what planc says, word for word. `RECORD=1 npx vitest run
 * test/diagnostics/cases.test.ts` writes what planc says into the rules' files; read the diff before you keep it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bundle } from "../../scripts/build/bundle.ts";
import { root } from "../../scripts/root.ts";
import { type Ran, run } from "../cases/annotate.ts";
import { shapeOf, shapes } from "../cases/catalogue.ts";
import { withoutCase } from "../cases/exempt.ts";
import { recorded } from "../cases/record.ts";
import { type CaseModule, caseModules } from "../cases/source.ts";

const modules = await caseModules();
const outcomes = new Map<CaseModule, readonly (Ran | Error)[]>();
for (const module of modules) outcomes.set(module, await runAll(module));
const shown = new Set(
  [...outcomes.values()].flat().flatMap((ran) => (ran instanceof Error ? [] : ran.diagnostics.map(nameOf))),
);

const withCases = modules.filter(({ cases }) => cases.length > 0);

describe.each(withCases.map((module) => [module.file, module] as const))("%s", (_, module) => {
  const ran = outcomes.get(module) ?? [];
  const isRecording = process.env["RECORD"] === "1";
  if (isRecording) record(module, ran);

  test.each(module.cases.map((each, index) => [nameOfCase(each), each, index] as const))("%s", (_name, each, index) => {
    const outcome = ran[index];
    if (outcome === undefined || outcome instanceof Error) throw outcome;
    const { annotated, diagnostics, judged } = outcome;
    if (!isRecording) expect(annotated, `judged was:\n${judged}`).toBe(each.plan);
    const own = diagnostics.map(({ code }) => code).filter((code) => module.codes.has(code));
    if (each.shows === "nothing") expect(own, "a case that shows nothing shows this").toEqual([]);
    else expect(own, `an orphan: it shows none of ${[...module.codes].join(", ")}`).not.toEqual([]);
  });
});

const exempt = (shape: string) => shape in withoutCase || `${codeOf(shape)}/*` in withoutCase;

test("every shape of every diagnostic has a case that shows it", () => {
  const missing = shapes.filter((shape) => !shown.has(shape) && !exempt(shape));
  expect(missing).toEqual([]);
});

test("what is exempt exists and has no case", () => {
  const shapesOf = (code: string) => shapes.filter((shape) => codeOf(shape) === code);
  const needless = Object.keys(withoutCase).filter((key) => {
    const named = key.endsWith("/*") ? shapesOf(codeOf(key)) : shapes.filter((shape) => shape === key);
    return named.length === 0 || named.some((shape) => shown.has(shape));
  });
  expect(needless).toEqual([]);
});

test("no case and no example reaches the package", async () => {
  const { files } = await bundle(root);
  // Annotations are in cases alone, and toy checkpoints in both.
  const carrying = [...files].filter(([, bytes]) =>
    ["#@ ", 'toy:["'].some((mark) => Buffer.from(bytes).includes(mark)),
  );
  expect(carrying.map(([file]) => file)).toEqual([]);
});

async function runAll({ cases }: CaseModule): Promise<(Ran | Error)[]> {
  const ran: (Ran | Error)[] = [];
  for (const each of cases) {
    ran.push(await run(each).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))));
  }
  return ran;
}

/** Writes what was said into the rule's file; a case that could not be run keeps what it has. */
function record({ file, cases }: CaseModule, ran: readonly (Ran | Error)[]): void {
  const text = readFileSync(`${root}${file}`, "utf8");
  const plans = cases.map(({ plan }, index) => {
    const outcome = ran[index];
    return outcome === undefined || outcome instanceof Error ? plan : outcome.annotated;
  });
  const now = recorded(file, text, plans);
  if (now !== text) writeFileSync(`${root}${file}`, now);
}

function nameOfCase({ name, plan }: { readonly name?: string; readonly plan: string }): string {
  return name ?? plan.split("\n").find((line) => line.trim() !== "") ?? "an empty plan";
}

function nameOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return shapeOf(code, message);
}

function codeOf(shape: string): string {
  return shape.split("/")[0] ?? shape;
}
