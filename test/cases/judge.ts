import { judgePlan } from "../../src/cli/judge.ts";
import { checkPlan } from "../../src/compiler.ts";
import type { CaseRelease } from "../../src/diagnostics/case.ts";
import type { Diagnostic, Fix } from "../../src/diagnostics/diagnostic.ts";
import { inOrder } from "../../src/diagnostics/formats/format.ts";
import type { Host } from "../../src/host.ts";
import { applied } from "../fixes.ts";
import { memoryHost } from "../host.ts";
import { type Content, type Files, planFile } from "./files.ts";
import { stacksWith } from "./stacks.ts";

/** What is said of a plan, in the order in which it is printed, and the texts that it is said of. */
export interface Judgement {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** Judges a plan over files in memory as `planc check` does, its rows and its checkpoint too where the files hold them. */
export async function judge(files: Files, release?: CaseRelease): Promise<Judgement> {
  const world = { host: hostOf(files), stacks: stacksWith(release) };
  const { diagnostics, sources } = await judgePlan(checkPlan, world, planFile);
  return { diagnostics: inOrder(diagnostics), sources };
}

/** The codes that are left when a fix has been applied, each once, in order. Throws where the diagnostic itself stays. */
export async function afterFix(
  files: Files,
  diagnostic: Diagnostic,
  fix: Fix,
  release?: CaseRelease,
): Promise<readonly string[]> {
  const changed = [...new Set(fix.edits.map(({ file }) => file))].map((file) => {
    const text = files[file];
    if (typeof text !== "string") throw new Error(`${diagnostic.code}: the fix "${fix.title}" edits ${file}`);
    const edits = fix.edits.filter((edit) => edit.file === file);
    return [file, applied(text, { ...fix, edits })] as const;
  });
  const { diagnostics } = await judge({ ...files, ...Object.fromEntries(changed) }, release);
  const placeOf = ({ code, location }: Diagnostic) =>
    `${code} ${location.file} ${JSON.stringify(location.range.start)}`;
  if (diagnostics.some((left) => placeOf(left) === placeOf(diagnostic)))
    throw new Error(`${diagnostic.code} stays where it was after the fix "${fix.title}"`);
  return [...new Set(diagnostics.map(({ code }) => code))].sort();
}

function hostOf(files: Files): Host {
  const others = new Map<string, Exclude<Content, string | Uint8Array>>();
  const readable: Record<string, string | Uint8Array> = {};
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === "string" || content instanceof Uint8Array) readable[path] = content;
    else others.set(path, content);
  }
  const host = memoryHost(readable);
  const refusal = (path: string) => {
    const other = others.get(path);
    if (other === undefined) return undefined;
    return { ok: false, why: "unreadable" in other ? other.unreadable : "not a file" } as const;
  };
  const isSpecial = (path: string) => "special" in (others.get(path) ?? {});
  return {
    read: (path) => refusal(path) ?? host.read(path),
    readAt: (path, offset, length) => refusal(path) ?? host.readAt(path, offset, length),
    stat: (path) => (isSpecial(path) ? { ok: true, kind: "other", size: 0 } : (refusal(path) ?? host.stat(path))),
    list: host.list,
  };
}
