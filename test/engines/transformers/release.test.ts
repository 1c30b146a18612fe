import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/root.ts";
import { transformers } from "../../../src/engines/transformers/engine.ts";
import { transformersRelease } from "../../compiler.ts";
import { pythons } from "../../python.ts";

type Tables = Readonly<Record<string, Readonly<Record<string, object>>>>;

describe("the release data", () => {
  it.each(pythons)("is what the installed %s says", (release, interpreter) => {
    expect(transformersRelease(release).version).toBe(release);
    const { status, stderr } = spawnSync(interpreter, ["scripts/extract_release.py", "--check"], { encoding: "utf8" });
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

  it("holds no table that the engine does not name", () => {
    const folder = `${root}src/engines/transformers/`;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const sources = files.filter((file) => file.endsWith(".ts")).map((file) => readFileSync(folder + file, "utf8"));
    const json = files.filter((file) => file.endsWith("/data.json"));
    expect(json).not.toEqual([]);
    for (const file of json) {
      const data: Tables = JSON.parse(readFileSync(folder + file, "utf8"));
      const rows = ["moe_model_types", "removed_styles", "ep_implementations"].flatMap((name) =>
        Object.values(data[name] ?? {}),
      );
      const inner = [data["attention"], data["minimum_torch"], ...rows].flatMap((table) => Object.keys(table ?? {}));
      const names = new Set([...Object.keys(data), ...inner]);
      const isNamed = (name: string) => sources.some((text) => new RegExp(`\\b${name}\\b`).test(text));
      expect([...names].filter((name) => !isNamed(name))).toEqual([]);
    }
  });

  it("stands in for releases that planc has not read", () => {
    expect(transformersRelease("5.23.3").version).toBe("5.23.0");
    expect(transformersRelease("5.24.3").version).toBe("5.24.0");
    expect(transformersRelease("5.18.0").version).toBe("5.24.0");
    expect(transformersRelease("5.30.0").version).toBe("5.24.0");
  });

  it("is installed for the tests in every release that planc knows", () => {
    expect(pythons.map(([release]) => release)).toEqual(transformers.releases.map(({ version }) => version));
  });
});
