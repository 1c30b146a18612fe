/**
 * Rehearses every family on two meshes, and every published model of the fixtures, as `planc rehearse` does, and writes what
 * came of it: scripts/rehearsed/RELEASE.json, from which `conformance_docs.ts` makes docs/conformance.md. An hour on two cores.
 *
 *     npx tsx scripts/rehearse_families.ts 5.24.0              all
 *     npx tsx scripts/rehearse_families.ts 5.24.0 zaya ...     these anew, the others as they are recorded
 */
import { existsSync, readFileSync } from "node:fs";
import type { Checked } from "../src/compiler.ts";
import type { Outcome } from "../src/run/outcome.ts";
import { type Case, cases, judged } from "./rehearsed/cases.ts";
import type { Rehearsed, Row } from "./rehearsed/record.ts";
import { rehearse } from "./rehearsed/run.ts";
import { root } from "./root.ts";
import { write } from "./write.ts";

const [release = "", ...types] = process.argv.slice(2);
const file = `scripts/rehearsed/${release}.json`;
const known: Rehearsed | undefined = existsSync(`${root}${file}`)
  ? JSON.parse(readFileSync(`${root}${file}`, "utf8"))
  : undefined;
const isAsked = ({ model_type }: Case) => types.length === 0 || types.includes(model_type);
const rows = new Map<string, Row>((known?.rows ?? []).map((row) => [nameOf(row), row]));

const asked = cases.filter(isAsked);
const batch = 6;
for (let begin = 0; begin < asked.length; begin += batch) {
  const found = asked.slice(begin, begin + batch).map((each) => ({ each, ...judged(each, release) }));
  const plans = found.flatMap(({ value, diagnostics }) =>
    value === undefined || diagnostics.some(({ severity }) => severity === "error") ? [] : [value as Checked],
  );
  const outcomes = await rehearse(plans);
  for (const { each, value, diagnostics, without_router_loss } of found) {
    const at = plans.indexOf(value as Checked);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const refused = errors.map(({ code, issue, message }) => [issue ?? code, message] as const);
    const result = at === -1 ? { refused: Object.fromEntries(refused) } : resultOf(outcomes[at] ?? "");
    const { model_type, published, mesh } = each;
    const without = without_router_loss ? { without_router_loss } : {};
    const row = { model_type, ...(published === undefined ? {} : { published }), mesh, ...without, ...result };
    rows.set(nameOf(row), row);
    console.log(nameOf(row), JSON.stringify(result));
  }
  const date = new Date().toISOString().slice(0, 10);
  const order = cases.map(nameOf);
  const sorted = [...rows.values()].filter((row) => order.includes(nameOf(row)));
  sorted.sort((a, b) => order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)));
  const lines = sorted.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  const head = JSON.stringify({ date, transformers: release }).slice(1, -1).replace(",", ",\n  ");
  write(file, `{\n  ${head},\n  "rows": [\n${lines}\n  ]\n}\n`);
}

function nameOf({ model_type, published, mesh }: Pick<Row, "model_type" | "published" | "mesh">): string {
  return [model_type, published ?? "toy", ...Object.values(mesh)].join(" ");
}

function resultOf(outcome: Outcome | string): Pick<Row, "agrees" | "differs" | "stops"> {
  if (typeof outcome === "string") return { stops: outcome };
  if (outcome.failure !== undefined) return { stops: `${outcome.failure.stage}: ${outcome.failure.message}` };
  const disagreements = outcome.disagreements ?? ["nothing was judged"];
  if (disagreements.length > 0) return { differs: disagreements.join("; ") };
  return { agrees: outcome.steps?.[0]?.difference ?? Number.NaN };
}
