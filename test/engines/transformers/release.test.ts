import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { releases } from "../../../src/engines/transformers/releases/releases.ts";
import { transformersRelease } from "../../compiler.ts";
import { python } from "../../python.ts";

describe("the release data", () => {
  it("is what the installed release says", () => {
    const { status, stderr } = spawnSync(python, ["scripts/extract_release.py", "--check"], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("Error"))).toEqual([]);
    expect(status).toBe(0);
  });

  it("knows a MoE from a dense model from another kind of model", () => {
    const release = transformersRelease();
    expect(release.family("qwen3_moe")?.num_experts_names).toEqual(["num_experts", "num_local_experts"]);
    expect(release.family("qwen3")).toBeUndefined();
    expect(release.denseModelTypes.has("qwen3")).toBe(true);
    expect(release.otherModelTypes.has("clip")).toBe(true);
    expect(release.textConfigOf.get("qwen3_5_moe")).toBe("qwen3_5_moe_text");
    expect(release.family("toString")).toBeUndefined();
  });

  it("names every style with its effect", () => {
    for (const { styles } of releases) for (const { effect } of styles.values()) expect(effect).not.toBe("");
  });

  it("stands in for releases that planc has not read", () => {
    expect(transformersRelease("5.24.0").version).toBe("5.24.0");
    expect(transformersRelease("5.18.0").version).toBe("5.23.0");
  });
});
