import { expect, test } from "vitest";
import { sampleOf } from "../sample.ts";

const product = ["a", "b", "c"].flatMap((family) => [1, 2].map((mesh) => ({ family, mesh })));

test("a sample has whatever its product varies, each at its first case", () => {
  const sample = sampleOf(product, ({ family, mesh }) => [family, mesh]);
  expect(sample.map(({ family, mesh }) => `${family}${mesh}`)).toEqual(["a1", "a2", "b1", "c1"]);
  expect(sampleOf(product, ({ family, mesh }) => [[family, mesh]])).toEqual(product);
});
