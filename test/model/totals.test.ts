import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readModel } from "../../src/model/read.ts";
import { readPlan } from "../../src/plan/read.ts";
import { transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { published, publishedText } from "../published.ts";

interface Counted {
  readonly total: number;
  readonly experts: number;
  readonly text_part?: number;
}

/** What a release counts: of a model of several parts the whole, with its language model's part. */
type Row = Counted | { readonly whole: Counted } | { readonly refused: string };

const counts: Readonly<Record<string, Readonly<Record<string, Row>>>> = JSON.parse(
  readFileSync(new URL("../fixtures/configs/totals.json", import.meta.url), "utf8"),
);

/** Models that the release builds and planc refuses: a dense one, and one of which it knows nothing but its name. */
const others: ReadonlySet<string> = new Set(["Qwen3-8B", "dbrx-instruct"]);

function totalsOf(name: string, version: string) {
  const host = memoryHost({ "plan.yaml": JSON.stringify(plan()), "config.json": publishedText(name) });
  const read = readPlan(host, "plan.yaml").value;
  if (read === undefined) throw new Error("no plan");
  return readModel(host, read, transformersRelease(version)).value?.totals;
}

describe.each(["5.23", "5.24"])("totals of published models, as transformers %s counts them", (minor) => {
  const rows = published.flatMap((name) => {
    const row = counts[name]?.[minor];
    return row === undefined ? [] : [[name, row] as const];
  });

  test.each(rows)("%s", (name, row) => {
    const totals = totalsOf(name, `${minor}.0`);
    if ("refused" in row || others.has(name)) expect(totals).toBeUndefined();
    else if ("whole" in row) {
      const { total, text_part, experts } = row.whole;
      expect(totals).toMatchObject({ whole: total, total: text_part, expert: experts });
    } else expect(totals).toMatchObject({ whole: row.total, total: row.total, expert: row.experts });
  });

  test("are those of nearly all published configs here", () => {
    expect(rows.length).toBeGreaterThan(45);
  });
});
