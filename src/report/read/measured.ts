import type { Findings } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source/source.ts";
import type { Location } from "../../text/location.ts";
import { Fields } from "./fields.ts";

/** What a run wrote of itself: `measured.json`. What was not measured, or not by the planc of that time, is null. */
export interface Measured {
  /** Null where the run could not read its lock. */
  readonly plan: string | null;
  /** sha256 of the lock, as hex. */
  readonly lock: string | null;
  readonly steps: readonly [first: number, last: number];
  readonly tokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: Spread | null;
  readonly mfu: Spread | null;
  /** Bytes on the fullest rank. */
  readonly allocated: number | null;
  readonly reserved: number | null;
  readonly dispatchSeconds: Spread | null;
  /** Of the fullest rank, over its share. */
  readonly rankLoad: number | null;
  /** Experts module → most over mean of its experts' assignments. */
  readonly expertLoad: readonly (readonly [module: string, load: number])[];
  /** Experts module → assignments of each of its experts. */
  readonly expertCounts: readonly (readonly [module: string, counts: readonly number[]])[] | null;
  readonly log: readonly Fields[];
  readonly at: (key: "plan" | "lock") => Location;
}

/** Over the logs of a run. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Reads a `measured.json`. With a finding that is an error the value means nothing. */
export function readMeasured(source: Source, findings: Findings): Measured {
  const record = Fields.of(source, findings);
  record.version(1);
  const [first = 0, last = 0] = record.numbers("steps");
  const loads = record.fields("expert_load");
  const counts = record.has("expert_counts") ? record.fields("expert_counts") : null;
  return {
    plan: record.has("plan") ? record.text("plan") : null,
    lock: record.has("lock") ? record.text("lock") : null,
    steps: [first, last],
    tokens: record.number("tokens"),
    seconds: record.number("seconds"),
    tokensPerSecond: spread(record, "tokens_per_second_per_gpu"),
    mfu: spread(record, "mfu"),
    allocated: record.numberOrNull("peak_memory_allocated"),
    reserved: record.numberOrNull("peak_memory_reserved"),
    dispatchSeconds: spread(record, "dispatch_seconds"),
    rankLoad: record.numberOrNull("rank_load"),
    expertLoad: loads.keys.map((module) => [module, loads.number(module)]),
    expertCounts: counts?.keys.map((module) => [module, counts.numbers(module)]) ?? null,
    log: record.list("log"),
    at: (key) => record.at(key),
  };
}

function spread(record: Fields, key: string): Spread | null {
  if (!record.has(key)) return null;
  const found = record.fields(key);
  return { median: found.number("median"), min: found.number("min"), max: found.number("max") };
}
