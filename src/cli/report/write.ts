import { posix } from "node:path";
import { freshTag, temporaryFor } from "../../bundle/temporary.ts";
import type { WriteHost } from "../../host.ts";
import { generator } from "../../report/html/page.ts";
import { UsageError } from "../exit-code.ts";
import { makeFolders } from "../init/write.ts";

/** In which the mark of a page stands. */
const firstBytes = 2048;

/**
 * Puts a page at a path, whole or not at all. Only a page that planc wrote is ever replaced.
 *
 * @throws UsageError where something else lies there, and where the system refuses.
 */
export function writePage(host: WriteHost, path: string, page: string): void {
  const part = temporaryFor(path, freshTag(host, []));
  const made = makeFolders(host, posix.dirname(path));
  const created = made.ok ? host.create(part, new TextEncoder().encode(page), false) : made;
  if (created.ok) host.flush(part);
  const done = created.ok ? host.rename(part, path) : created;
  if (done.ok) return;
  if (created.ok) host.removeFile(part);
  throw new UsageError(`cannot write ${path}: ${done.why}`);
}

/** @throws UsageError where what lies at the path is no page of planc's. */
export function refuseOthers(host: WriteHost, path: string): void {
  const entry = host.entry(path);
  if (!entry.ok) throw new UsageError(`cannot write ${path}: ${entry.why}`);
  if (entry.kind === "nothing") return;
  const help = "give another name with --output; planc replaces only pages that it wrote";
  if (entry.kind !== "file") throw new UsageError(`${path} is there already, and is no file`, help);
  const start = host.readAt(path, 0, firstBytes);
  const text = start.ok ? new TextDecoder().decode(start.bytes) : "";
  if (!text.includes(`<meta name="generator" content="${generator}">`))
    throw new UsageError(`${path} is there already, and planc report did not write it`, help);
}
