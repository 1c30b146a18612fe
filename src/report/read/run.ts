import { lockFile, sha256 } from "../../bundle/digests.ts";
import { PLN5090, PLN5092 } from "../../diagnostics/catalogue/report.ts";
import { Findings, type Result } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../../host.ts";
import { parseJson } from "../../source/json.ts";
import { readText } from "../../source/read-text.ts";
import type { Source } from "../../source/source.ts";
import { fileStart } from "../../text/location.ts";
import type { Fields } from "./fields.ts";
import { type Curves, curvesOf, readLog } from "./log.ts";
import { type Measured, readMeasured } from "./measured.ts";
import { type ReportedPlan, readPlan } from "./plan.ts";

/** What a report is made of. */
export interface Subject {
  readonly plan: ReportedPlan;
  /** Null of a plan that has not run, or where the run did not come to its end. */
  readonly measured: Measured | null;
  readonly curves: Curves;
  /** What a run would have left and is not there: a sentence each. */
  readonly missing: readonly string[];
}

const measuredFile = "measured.json";
const stateFile = "trainer_state.json";

/** Of a lock that was just made, or that lies in a file. */
export function subjectOfLock(lock: Source): Result<Subject> {
  const findings = new Findings();
  const plan = readPlan(lock, findings);
  return result({ plan, measured: null, curves: new Map(), missing: [] }, findings);
}

/**
 * Reads a folder that has a lock and, where there was a run, what it left: its output folder or that of a bundle.
 *
 * @param lockOf the lock where it does not lie in the folder.
 */
export function readRun(host: Host, folder: string, lockOf?: string): Result<Subject> {
  const findings = new Findings();
  const names = host.list(folder);
  const state = newestState(host, folder, names);
  const hasMeasured = names.includes(measuredFile);
  const place = lockOf ?? `${folder}/${lockFile}`;
  if (lockOf === undefined && !names.includes(lockFile)) {
    const isEmpty = !hasMeasured && state === undefined;
    findings.add(PLN5090(fileStart(folder), { folder }, isEmpty ? { variant: "empty" } : {}));
    return { value: undefined, diagnostics: findings.all };
  }
  const lock = findings.take(readRecord(host, place));
  const written = hasMeasured ? findings.take(readRecord(host, `${folder}/${measuredFile}`)) : undefined;
  const log = state === undefined ? undefined : findings.take(readRecord(host, state));
  if (lock === undefined || !findings.ok) return { value: undefined, diagnostics: findings.all };
  const plan = readPlan(lock, findings);
  const measured = written === undefined ? null : readMeasured(written, findings);
  if (measured !== null && findings.ok) compare(measured, plan, lock, findings);
  const logs: (readonly Fields[])[] = [log === undefined ? [] : readLog(log, findings), measured?.log ?? []];
  const curves = findings.ok ? curvesOf(logs, findings) : new Map();
  const hasRun = measured !== null || state !== undefined;
  const missing = hasRun ? missingOf(measured, curves) : [];
  return result({ plan, measured, curves, missing }, findings);
}

/** A JSON file that planc or a run wrote, with the places of its values. */
export function readRecord(host: Host, file: string): Result<Source> {
  const { value: text, diagnostics } = readText(host, file, "record");
  return text === undefined ? { value: undefined, diagnostics } : parseJson(file, text);
}

/** The trainer's state of the last checkpoint, or what the trainer left in the folder itself. */
function newestState(host: Host, folder: string, names: readonly string[]): string | undefined {
  const steps = names.flatMap((name) => /^checkpoint-(\d{1,12})$/.exec(name)?.[1] ?? []);
  const newest = steps.sort((a, b) => Number(b) - Number(a)).map((step) => `${folder}/checkpoint-${step}/${stateFile}`);
  return [`${folder}/${stateFile}`, ...newest].find((file) => host.stat(file).ok);
}

/** Whether the run is of this lock: by the digest, or by the name where an older planc wrote no digest. */
function compare(measured: Measured, plan: ReportedPlan, lock: Source, findings: Findings): void {
  if (measured.plan !== null && measured.plan !== plan.name) {
    findings.add(PLN5092(measured.at("plan"), { run: measured.plan, lock: lock.file, plan: plan.name }));
    return;
  }
  const found = sha256(lock.text);
  if (measured.lock === null || measured.lock === found) return;
  const short = (digest: string) => digest.slice(0, 8);
  const values = { lock: lock.file, run: short(measured.lock), found: short(found) };
  findings.add(PLN5092(measured.at("lock"), values, { variant: "digest" }));
}

function missingOf(measured: Measured | null, curves: Curves): string[] {
  if (measured === null) return [`no ${measuredFile}: the run has not come to its end, or could not measure itself`];
  const { tokensPerSecond, mfu, allocated, expertCounts, lock } = measured;
  return [
    ...(lock === null
      ? ["the run's figures name no lock: they are of an older planc, and taken to be of this plan"]
      : []),
    ...(tokensPerSecond === null ? ["tokens a second were not measured"] : []),
    ...(mfu === null ? ["MFU was not measured: the run was not on the plan's GPU in bfloat16"] : []),
    ...(allocated === null ? ["memory was not measured: the run was not on GPUs"] : []),
    ...(expertCounts === null ? ["no counts of single experts: the run's figures are of an older planc"] : []),
    ...(curves.has("loss") ? [] : ["no losses: neither a checkpoint's log nor the run's figures have any"]),
  ];
}

function result(subject: Subject, findings: Findings): Result<Subject> {
  return { value: findings.ok ? subject : undefined, diagnostics: findings.all };
}
