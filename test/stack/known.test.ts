import fc from "fast-check";
import { expect, test } from "vitest";
import { standingOf } from "../../src/stack/known.ts";
import { stacks } from "../../src/stacks.ts";
import { compareVersions } from "../../src/text/version.ts";
import { draws } from "../sample.ts";

const release = fc.tuple(fc.integer({ min: 3, max: 6 }), fc.nat(30), fc.nat(3)).map((numbers) => numbers.join("."));

test("only what is known is known, and only what is no older than all of it may be tried", () => {
  const lists = fc.uniqueArray(release, { minLength: 1, maxLength: 5 }).map((all) => all.sort(compareVersions));
  fc.assert(
    fc.property(lists, release, fc.constantFrom("", "rc1", ".dev0", "+cu130"), (known, number, suffix) => {
      const engine = { name: "transformers", releases: known.map((version) => ({ version })) };
      const { kind, mayBeTried, by } = standingOf(engine, { ...stacks.tested, transformers: number + suffix });
      const isPre = suffix !== "" && suffix !== "+cu130";
      expect(kind === "known").toBe(known.includes(number) && !isPre);
      const order = compareVersions(number, known[0] ?? "");
      expect(mayBeTried).toBe(order > 0 || (order === 0 && !isPre));
      const minor = number.split(".").slice(0, 2).join(".");
      const near = known.filter((each) => each.startsWith(`${minor}.`));
      expect(by.version).toBe(kind === "known" ? number : (near.at(-1) ?? known.at(-1)));
    }),
    draws(200, 5000),
  );
});

test("every release of a trainer has its tasks on every release of the engine", () => {
  const engines = stacks.engines.flatMap(({ releases }) => releases.map(({ version }) => version));
  for (const { releases } of stacks.trainers)
    for (const { pairs } of releases) expect(pairs.map(({ engine }) => engine)).toEqual(engines);
});
