import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareIssues, type Issue, isAffected, rangeOf } from "../../src/stack/issue.ts";
import { compareVersions } from "../../src/text/version.ts";

const plain: Issue = {
  id: "issue",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom: "it is wrong",
  where: "always",
  workaround: "nothing",
};
const versions = fc.tuple(fc.nat(6), fc.nat(30), fc.nat(4)).map((numbers) => numbers.join("."));
const ranges = fc.record({ from: versions, fixed_in: versions }, { requiredKeys: [] });
const affects = (range: Partial<Issue>, transformers: string) => isAffected({ ...plain, ...range }, { transformers });

describe("the releases that have an issue", () => {
  test("are those from the first, up to the one that mended it", () => {
    const cases = ["5.19.4", "5.20.0", "5.22.9", "5.23.0", "5.100.0"].map((version) =>
      affects({ from: "5.20.0", fixed_in: "5.23.0" }, version),
    );
    expect(cases).toEqual([false, true, true, false, false]);
  });

  test("are all where neither end is known", () => {
    fc.assert(fc.property(versions, (version) => affects({}, version)));
  });

  test("begin with the first and do not hold the one that mended it", () => {
    fc.assert(
      fc.property(versions, versions, (from, fixed_in) => {
        expect(affects({ from }, from)).toBe(true);
        expect(affects({ fixed_in }, fixed_in)).toBe(false);
      }),
    );
  });

  test("have no gap: between two that have it every one has", () => {
    fc.assert(
      fc.property(ranges, fc.array(versions, { minLength: 3, maxLength: 3 }), (range, some) => {
        const [low = "", middle = "", high = ""] = some.sort(compareVersions);
        if (affects(range, low) && affects(range, high)) expect(affects(range, middle)).toBe(true);
      }),
    );
  });

  test("are fewer the more is known, and both ends are one after the other", () => {
    fc.assert(
      fc.property(versions, versions, versions, (from, fixed_in, version) => {
        const [open, closed] = [affects({ from }, version), affects({ fixed_in }, version)];
        expect(affects({ from, fixed_in }, version)).toBe(open && closed);
      }),
    );
  });

  test("are those of its own package; one that is not pinned counts", () => {
    const issue = { ...plain, package: "peft", fixed_in: "0.22.0" } as const;
    expect(isAffected(issue, { transformers: "9.0.0" })).toBe(true);
    expect(isAffected(issue, { transformers: "5.0.0", peft: "0.22.0" })).toBe(false);
  });

  test.each([
    [{}, "every release looked at"],
    [{ fixed_in: "5.24.0" }, "before 5.24.0"],
    [{ from: "5.24.0" }, "from 5.24.0"],
    [{ from: "5.20.0", fixed_in: "5.23.0" }, "from 5.20.0, before 5.23.0"],
  ])("%o in words: %s", (range, words) => {
    expect(rangeOf({ ...plain, ...range })).toBe(words);
  });
});

test("the worst comes first, of two alike the later one", () => {
  const some: Issue[] = [
    { ...plain, id: "cost", effect: "cost" },
    { ...plain, id: "older", effect: "wrong", from: "5.0.0" },
    { ...plain, id: "failure", effect: "failure", from: "6.0.0" },
    { ...plain, id: "newer", effect: "wrong", from: "5.13.0" },
    { ...plain, id: "hang", effect: "hang" },
    { ...plain, id: "short", effect: "wrong", from: "5.0.0", fixed_in: "5.6.0" },
  ];
  expect(some.sort(compareIssues).map(({ id }) => id)).toEqual(["newer", "short", "older", "hang", "failure", "cost"]);
});
