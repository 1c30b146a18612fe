import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled, ticksOf, unitOf } from "../../src/report/html/scale.ts";
import { shortNumber, spread } from "../../src/report/table.ts";

const real = fc.double({ min: -1e12, max: 1e12, noNaN: true });

describe("the lines of a picture", () => {
  test("stand at round values inside of the range, two at least", () => {
    fc.assert(
      fc.property(
        real,
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        fc.integer({ min: 4, max: 8 }),
        (from, size, most) => {
          fc.pre(from + size - from > 0.9 * size && size > 1e-6 * Math.abs(from));
          const ticks = ticksOf(from, from + size, most);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(2 * most);
          const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
          const digits = step / 10 ** Math.floor(Math.log10(step * 1.0001));
          expect([1, 2, 5].some((each) => Math.abs(digits / each - 1) < 1e-3)).toBe(true);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(from - 1e-9 * size);
            expect(tick).toBeLessThanOrEqual(from + size + 1e-9 * size);
          }
        },
      ),
    );
  });

  test("of bytes stand at whole units", () => {
    const unit = unitOf(80 * 2 ** 30);
    expect([unit.name, ticksOf(0, 83 * 2 ** 30, 5, unit.size).map((bytes) => bytes / 2 ** 30)]).toEqual([
      "GiB",
      [0, 20, 40, 60, 80],
    ]);
    expect(unitOf(0).name).toBe("B");
  });

  test("a range without any width has its middle", () => {
    expect(scaled(5, 5, 5, 100)).toBe(50);
    expect(ticksOf(5, 5, 4)).toEqual([5]);
  });
});

test("numbers are short, and as many digits as were asked for are right", () => {
  expect(
    [0.00002, 1.2345e-7, 0.0012345, 6.04321, 1234.5678, -12345.6, 0, 1e12].map((value) => shortNumber(value)),
  ).toEqual(["2e-5", "1.23e-7", "0.001234", "6.043", "1,235", "-12,346", "0", "1e12"]);
});

test("of many rows the first, the last and some between are shown", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 50 }), (count, most) => {
      const rows = Array.from({ length: count }, (_, index) => index);
      const shown = spread(rows, most);
      expect(shown.length).toBe(Math.min(count, most));
      expect([shown[0], shown.at(-1), new Set(shown).size]).toEqual([0, count - 1, shown.length]);
    }),
  );
});
