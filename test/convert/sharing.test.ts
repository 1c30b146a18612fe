/** On file systems that share blocks between files, the order of tensors decides how much is shared. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { python } from "../python.ts";
import { configOf, converterFor, scratch } from "./converter.ts";

const script = fileURLToPath(new URL("../python/convert_sharing.py", import.meta.url));

interface Case {
  readonly same: boolean;
  readonly aligned: boolean;
  readonly shared: number;
  readonly copied: number;
  readonly promised: number;
  readonly small: number;
  readonly edges: number;
}

describe("where blocks can be shared", () => {
  let cases: Readonly<Record<string, Case>>;
  beforeAll(() => {
    const folder = scratch();
    const converter = converterFor(folder, configOf("convert_sharing.py"), "--to", "fused");
    mkdirSync(join(folder, "work"));
    cases = JSON.parse(execFileSync(python, [script, converter, join(folder, "work")], { encoding: "utf8" }));
  });

  test("the files are what copying makes of them, and every tensor stands where its elements may begin", () => {
    expect(Object.keys(cases)).toHaveLength(6);
    for (const [name, { same, aligned }] of Object.entries(cases)) {
      expect({ name, same, aligned }).toEqual({ name, same: true, aligned: true });
    }
  });

  test.each(["one file to one", "one file back to one"])(
    "%s: nothing is copied but edges and small tensors",
    (name) => {
      const { shared, copied, small, edges } = cases[name] ?? expect.fail();
      expect(copied).toBeLessThanOrEqual(small + edges);
      expect(shared).toBeGreaterThan(20 * small);
    },
  );

  test("at least as much is shared as is counted on when the room on the disk is looked at", () => {
    for (const [name, { shared, promised }] of Object.entries(cases)) {
      if (name === "no more than 40 times") expect(shared).toBeLessThan(promised);
      else expect(shared).toBeGreaterThanOrEqual(promised);
    }
  });

  test("of several files, a part is shared", () => {
    for (const name of ["one file to several", "three files to one", "three files to several"]) {
      const { shared, copied } = cases[name] ?? expect.fail();
      expect(shared).toBeGreaterThan(0.25 * (shared + copied));
    }
  });
});
