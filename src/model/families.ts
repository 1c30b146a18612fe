import { records } from "../generated/families.js";
import { familyOf } from "./build.ts";
import type { Family } from "./family.ts";
import type { FamilyRecord } from "./record.ts";

const read = new Map<string, FamilyRecord>();

/** The record of a type; each is parsed when it is first asked for. */
function recordOf(model_type: string): FamilyRecord | undefined {
  const known = read.get(model_type);
  const text = Object.hasOwn(records, model_type) ? records[model_type] : undefined;
  if (known !== undefined || text === undefined) return known;
  const record = JSON.parse(text) as FamilyRecord;
  read.set(model_type, record);
  return record;
}

/** Types under which a family is published too: transformers has no class of that name. */
const published: Readonly<Record<string, string>> = { kimi_k2: "deepseek_v3" };

/**
 * Families of which the name of every tensor was held against published checkpoints, not only those of the experts: what is
 * missing or left over beside the experts can be said of them.
 */
export const named: ReadonlySet<string> = new Set([
  "qwen3_moe",
  "qwen2_moe",
  "mixtral",
  "olmoe",
  "deepseek_v2",
  "deepseek_v3",
  "glm4_moe",
  "gpt_oss",
]);

const made = new Map<string, Family>();

/** Every family that planc knows, by `model_type`. */
export const families = {
  get(model_type: string): Family | undefined {
    const known = made.get(model_type);
    if (known !== undefined) return known;
    const record = recordOf(published[model_type] ?? model_type);
    if (record === undefined) return undefined;
    const family = { ...familyOf(record, recordOf), model_type };
    made.set(model_type, family);
    return family;
  },
  has(model_type: string): boolean {
    return Object.hasOwn(records, published[model_type] ?? model_type);
  },
  keys(): readonly string[] {
    return [...Object.keys(records), ...Object.keys(published)].sort();
  },
};
