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

const made = new Map<string, Family>();

/** Every family that planc knows, by `model_type`. */
export const families = {
  get(model_type: string): Family | undefined {
    const known = made.get(model_type);
    if (known !== undefined) return known;
    const record = recordOf(published[model_type] ?? model_type);
    if (record === undefined) return undefined;
    // Of what is published under another name no checkpoint was compared.
    const family = familyOf(record, recordOf);
    const own = { ...family, model_type, compared: family.compared && record.model_type === model_type };
    made.set(model_type, own);
    return own;
  },
  has(model_type: string): boolean {
    return Object.hasOwn(records, published[model_type] ?? model_type);
  },
  keys(): readonly string[] {
    return [...Object.keys(records), ...Object.keys(published)].sort();
  },
};
