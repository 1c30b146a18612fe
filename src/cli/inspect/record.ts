import { freshTag, parentOf, temporariesAmong, temporaryFor } from "../../bundle/temporary.ts";
import { PLN2117 } from "../../diagnostics/catalogue/checkpoint-layout.ts";
import { Findings, type Result } from "../../diagnostics/diagnostic.ts";
import type { Done, WriteHost } from "../../host.ts";
import { readPlan } from "../../plan/read.ts";
import type { LayoutName } from "../../plan/types.ts";
import { fileStart } from "../../text/location.ts";
import { withLayout } from "./edit.ts";

/** What became of a plan that was to say how its checkpoint is stored. */
export interface Recorded {
  /** The file that holds the plan's model section: the plan itself, or one that it shares. */
  readonly file: string;
  readonly isChanged: boolean;
}

const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf);

/** Sets `model.layout` in a plan. The file is replaced at once, or with a diagnostic left as it is. */
export function recordLayout(host: WriteHost, plan: string, layout: LayoutName): Result<Recorded> {
  const findings = new Findings();
  const read = findings.take(readPlan(host, plan));
  if (read === undefined) return { value: undefined, diagnostics: findings.all };
  const file = read.written.fileOf("model.layout");
  if (read.model.layout === layout) return { value: { file, isChanged: false }, diagnostics: findings.all };
  const refused = (why: string) => {
    findings.add(PLN2117(fileStart(file), { layout, plan: file, why }));
    return { value: undefined, diagnostics: findings.all };
  };
  const edited = withLayout(read, layout);
  if (edited === undefined) return refused("the model section is written in a way that no small change adds a key to");
  const done = replace(host, file, edited.text);
  return done.ok ? { value: { file, isChanged: true }, diagnostics: findings.all } : refused(done.why);
}

function replace(host: WriteHost, file: string, text: string): Done {
  const entry = host.entry(file);
  if (!entry.ok) return entry;
  if (entry.kind === "link") return { ok: false, why: "it is a symbolic link; name the file that it leads to" };
  if (entry.kind !== "file") return { ok: false, why: "it is no file" };
  const before = host.read(file);
  if (!before.ok) return before;
  const isMarked = byteOrderMark.every((byte, index) => before.bytes[index] === byte);
  const bytes = Buffer.concat([isMarked ? byteOrderMark : new Uint8Array(), new TextEncoder().encode(text)]);
  const folder = parentOf(file);
  const prepared = temporaryFor(file, freshTag(host, temporariesAmong(host.list(folder), folder)));
  const created = host.create(prepared, bytes, entry.executable);
  if (!created.ok) return created;
  host.flush(prepared);
  const renamed = host.rename(prepared, file);
  if (renamed.ok) host.flush(folder);
  else host.removeFile(prepared);
  return renamed;
}
