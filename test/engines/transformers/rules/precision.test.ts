import { describe, expect, it } from "vitest";
import { transformersRelease } from "../../../compiler.ts";
import { checkTree } from "../../../plans.ts";
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

  it("points at the value that does not fit", () => {
    const precision = { parameters: "bfloat16", compute: "float32", reduce: "float32" };
    expect(findings({ precision })).toMatchObject([{ code: "PLN4040", at: "float32" }]);
    expect(findings({ precision: { reduce: "bfloat16" } })[0]?.message).toContain("summed in float32");
  });

  it("warns of lost updates with their price", () => {
    const [finding] = findings({ precision: { parameters: "bfloat16" } });
    expect(finding).toMatchObject({ code: "PLN4041", at: "bfloat16" });
    expect(finding?.message).toContain("8 bytes a parameter instead of 16");
    const all = { parameters: "bfloat16", compute: "bfloat16", reduce: "bfloat16" };
    expect(findings({ precision: all })[0]?.message).toContain("summed in bfloat16");
  });

  it("warns of slow matrix products", () => {
    expect(findings({ precision: { compute: "float32" } })).toMatchObject([{ code: "PLN4042", at: "float32" }]);
  });

  it("says nothing about the default", () => {
    expect(findings({})).toEqual([]);
  });
});

describe("experts in float32", () => {
  const warned = (parallelism: Record<string, number>, precision = {}) =>
    checkTree({ parallelism, precision, cluster: { gpu: "h200-sxm-141gb", gpus_per_node: 4 } }).diagnostics.some(
      ({ code }) => code === "PLN4043",
    );

  it("are warned of where no FSDP axis casts them", () => {
    expect(warned({ tp_size: 4, fsdp_size: 1, ep_size: 4 })).toBe(true);
    expect(warned({ tp_size: 4, fsdp_size: 1, ep_size: 4 }, { parameters: "bfloat16" })).toBe(false);
    expect(warned({ fsdp_size: 4, ep_size: 4 })).toBe(false);
    expect(warned({ tp_size: 2, fsdp_size: 1, dp_replicate_size: 2, ep_size: 2 })).toBe(false);
  });
});
