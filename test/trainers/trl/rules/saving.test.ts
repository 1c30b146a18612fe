import { describe, expect, it } from "vitest";
import { sft } from "../../../engines/transformers/findings.ts";
import { withFix } from "../../../fixes.ts";

describe("a run that saves nothing on its way", () => {
  const none = (options: object) => sft({ save_strategy: undefined, ...options });

  it.each<[object, string, string]>([
    [{ max_steps: 100 }, "100", "100 steps and no checkpoint on the way"],
    [{ max_steps: 100_000, logging_steps: 1 }, "100000", "100,000 steps and no checkpoint"],
    [{ num_train_epochs: 1 }, "1", "an epoch and no checkpoint on the way"],
    [{ learning_rate: 1e-5 }, "sft", "3 epochs and no checkpoint on the way"],
    [{}, "sft", "3 epochs and no checkpoint on the way"],
  ])("%j is warned of", (options, at, message) => {
    expect(none(options)).toMatchObject([{ code: "PLN5052", at, message: expect.stringContaining(message) }]);
  });

  it.each([
    { max_steps: 99 },
    { max_steps: 100, save_strategy: "no" },
    { max_steps: 100, save_steps: 50 },
    { max_steps: 1000, save_steps: 999 },
    { num_train_epochs: 3, save_strategy: "epoch" },
    { num_train_epochs: 3, save_strategy: "steps" },
    { max_steps: 1000, save_steps: 0.1 },
  ])("%j is not", (options) => {
    expect(none(options)).toEqual([]);
  });

  it("counts the steps to the first checkpoint, the trainer's default among them", () => {
    const late = { code: "PLN5052", message: expect.stringContaining("the first checkpoint after step 500") };
    expect(none({ max_steps: 300, save_steps: 500 })).toMatchObject([{ ...late, at: "500", fix: "50" }]);
    expect(none({ max_steps: 300, save_strategy: "steps" })).toMatchObject([{ ...late, fix: undefined }]);
  });

  it.each<[object, number]>([
    [{ max_steps: 100 }, 50],
    [{ max_steps: 2000 }, 200],
    [{ num_train_epochs: 2, learning_rate: 1e-5 }, 500],
  ])("of %j the fix makes a plan that is fine", (options, save_steps) => {
    const bare = { save_strategy: undefined, max_length: undefined, ...options };
    const { diagnostics, value } = withFix({ sft: bare, parallelism: { ep_size: 4 } }, undefined, "PLN5052");
    expect(diagnostics).toEqual([]);
    expect(value?.plan.options).toMatchObject({ save_strategy: "steps", save_steps, save_total_limit: 2 });
  });
});

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

  it("refuses to let a resumed run begin its rows again", () => {
    expect(sft({ ignore_data_skip: true })).toMatchObject([
      { code: "PLN4035", at: "ignore_data_skip", help: "drop ignore_data_skip" },
    ]);
    expect(sft({ ignore_data_skip: false })).toEqual([]);
  });

  it("refuses to load the best checkpoint back", () => {
    const best = { load_best_model_at_end: true, save_strategy: "steps" };
    expect(sft({ ...best, save_only_model: true })).toMatchObject([{ code: "PLN4030", at: "true" }]);
    expect(sft(best)).toMatchObject([{ code: "PLN4030", at: "true" }]);
  });
});
