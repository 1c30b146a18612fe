import { describe, expect, it } from "vitest";
import { sft } from "../findings.ts";

describe("saving", () => {
  it("refuses checkpoints with optimizer states, as the trainer does", () => {
    expect(sft({ save_strategy: "steps", save_steps: 50 })).toMatchObject([{ code: "PLN4030", at: "steps" }]);
    expect(sft({ save_strategy: "epoch" })).toMatchObject([{ code: "PLN4030", at: "epoch" }]);
  });

  it("takes checkpoints of the model alone, and none", () => {
    expect(sft({ save_strategy: "steps", save_steps: 50, save_only_model: true })).toEqual([]);
    expect(sft({ save_only_model: true, save_steps: 50 })).toEqual([]);
    expect(sft({ save_strategy: "no" })).toEqual([]);
    expect(sft({})).toEqual([]);
  });

  it("does not lose checkpoints that were asked for", () => {
    const [finding] = sft({ save_steps: 50 });
    expect(finding).toMatchObject({ code: "PLN4030", at: "save_steps" });
    expect(finding?.help).toContain("save_only_model: true");
  });

  it("refuses to resume and to load back", () => {
    expect(sft({ resume_from_checkpoint: "output/checkpoint-5" })).toMatchObject([
      { code: "PLN4031", at: "resume_from_checkpoint" },
    ]);
    const best = { load_best_model_at_end: true, save_strategy: "steps", save_only_model: true };
    expect(sft(best)).toMatchObject([{ code: "PLN4030", at: "true" }]);
  });
});
