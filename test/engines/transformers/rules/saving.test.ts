import { describe, expect, it } from "vitest";
import { sft } from "../findings.ts";

describe("saving", () => {
  it("takes checkpoints with optimizer states, of the model alone, and none", () => {
    expect(sft({ save_strategy: "steps", save_steps: 50 })).toEqual([]);
    expect(sft({ save_strategy: "epoch", save_total_limit: 2 })).toEqual([]);
    expect(sft({ save_steps: 50 })).toEqual([]);
    expect(sft({ save_strategy: "steps", save_steps: 50, save_only_model: true })).toEqual([]);
    expect(sft({ save_only_model: true, save_steps: 50 })).toEqual([]);
    expect(sft({ save_strategy: "no" })).toEqual([]);
    expect(sft({})).toEqual([]);
  });

  it("refuses to resume by an option, with the way that works", () => {
    const [finding, ...others] = sft({ resume_from_checkpoint: "output/checkpoint-5" });
    expect(finding).toMatchObject({ code: "PLN4031", at: "resume_from_checkpoint" });
    expect(finding?.help).toContain("--resume");
    expect(others).toEqual([]);
    expect(sft({ resume_from_checkpoint: null })).toEqual([]);
  });

  it("refuses to load the best checkpoint back", () => {
    const best = { load_best_model_at_end: true, save_strategy: "steps" };
    expect(sft({ ...best, save_only_model: true })).toMatchObject([{ code: "PLN4030", at: "true" }]);
    expect(sft(best)).toMatchObject([{ code: "PLN4030", at: "true" }]);
  });
});
