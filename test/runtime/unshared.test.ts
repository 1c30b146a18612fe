/** Experts that no other rank shares are outside of FSDP, and train bit for bit as inside: transformers' own sharding is the oracle. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { parityConfig } from "./parity-configs.ts";

const root = mkdtempSync(join(tmpdir(), "planc-unshared-"));
afterAll(() => rmSync(root, { recursive: true }));

interface Case {
  readonly family: string;
  readonly mesh: { readonly fsdp_size: number; readonly tp_size?: number; readonly ep_size: number };
  readonly dtype: "float32" | "bfloat16";
  /** Whether FSDP computes in bfloat16 and reduces in float32; omitted: where the parameters are bfloat16. */
  readonly mixed?: boolean;
  /** Layers with experts outside of FSDP. */
  readonly outside: number;
}

/** What `unshared_experts.py` prints of a case. */
interface Answer {
  readonly outside: number;
  readonly inside: number;
  readonly gathered: boolean;
  readonly num_gathered: number;
  readonly differing: Readonly<Record<string, readonly string[]>>;
  readonly norms: readonly (readonly [inside: number, outside: number])[];
}

// Gradients of three ranks are divided by a number whose quotients are rounded.
const three = { fsdp_size: 3, ep_size: 3 };
const groups: readonly (readonly Case[])[] = [
  [
    { family: "qwen3_moe", mesh: three, dtype: "float32", outside: 2 },
    { family: "gpt_oss", mesh: three, dtype: "bfloat16", outside: 2 },
    // Nobody else would cast them.
    { family: "qwen3_moe", mesh: three, dtype: "float32", mixed: true, outside: 0 },
  ],
  [
    // Its routing weights are float32, which FSDP casts; its first layer has no experts.
    { family: "deepseek_v3", mesh: { fsdp_size: 4, ep_size: 4 }, dtype: "bfloat16", outside: 1 },
    { family: "qwen3_moe", mesh: { fsdp_size: 2, tp_size: 2, ep_size: 4 }, dtype: "bfloat16", outside: 2 },
    { family: "qwen3_moe", mesh: { fsdp_size: 4, ep_size: 2 }, dtype: "bfloat16", outside: 0 },
  ],
];
const worldOf = (cases: readonly Case[]) =>
  Math.max(...cases.map(({ mesh: { fsdp_size, tp_size = 1 } }) => fsdp_size * tp_size));

let results: Result[];
beforeAll(() => {
  results = runJobs(
    groups.map((cases) => {
      const folder = mkdtempSync(join(root, "case-"));
      const specs = cases.map(({ family, ...rest }) => ({ config: parityConfig(family), ...rest }));
      const templates = new URL("../../templates", import.meta.url).pathname;
      return {
        program: ownProgram("unshared_experts.py"),
        arguments: [folder, JSON.stringify(specs)],
        world: worldOf(cases),
        folder,
        path: templates,
      };
    }),
  );
});

describe.each(groups.map((cases, index) => [worldOf(cases), cases, index] as const))(
  "on %d ranks",
  (_, cases, index) => {
    const answerOf = (place: number): Answer => {
      const result = results[index];
      expect(new Set(result?.status), result?.stderr.join("\n").slice(-4000)).toEqual(new Set([0]));
      return JSON.parse(result?.stdout[0] ?? "")[place];
    };

    test.each(cases.map((each, place) => [JSON.stringify(each), each, place] as const))("%s", (_, each, place) => {
      const answer = answerOf(place);
      expect(answer.outside).toBe(each.outside);
      expect(answer.inside).toBe(each.family === "deepseek_v3" ? 1 : 2);
      expect([answer.gathered, answer.num_gathered > 20]).toEqual([true, true]);
      const same = { "added up": [], "clipped 0": [], "reduced each": [], "clipped 1": [] };
      expect(answer.differing).toEqual(same);
      for (const [inside, outside] of answer.norms) {
        expect(inside).toBeGreaterThan(0.5);
        expect(Math.abs(outside / inside - 1)).toBeLessThan(1e-6);
      }
    });
  },
);
