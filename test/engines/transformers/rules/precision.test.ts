import { describe, expect, it } from "vitest";
import { transformersRelease } from "../../../compiler.ts";
import { findings } from "../findings.ts";

const formats = ["float32", "bfloat16"] as const;

describe("precision", () => {
  it("accepts the four combinations that the engine's switch makes, and no other", () => {
    const legal: string[] = [];
    for (const parameters of formats) {
      for (const compute of formats) {
        for (const reduce of formats) {
          const refused = findings({ precision: { parameters, compute, reduce } }).some(
            ({ code }) => code === "PLN4040",
          );
          if (!refused) legal.push(`${parameters} ${compute} ${reduce}`);
          expect(refused).toBe(transformersRelease().precisionSwitches({ parameters, compute, reduce }) === undefined);
        }
      }
    }
    expect(legal).toEqual([
      "float32 float32 float32",
      "float32 bfloat16 float32",
      "bfloat16 bfloat16 float32",
      "bfloat16 bfloat16 bfloat16",
    ]);
  });
});
