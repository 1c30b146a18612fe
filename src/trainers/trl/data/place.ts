import type { Host } from "../../../host.ts";
import { mayBeHubId } from "../../../plan/hub-id.ts";
import type { Plan } from "../../../plan/plan.ts";
import { besides } from "../../../source/path.ts";

/** The file formats whose first rows are looked at, by ending; others are left to the preflight. */
const formats: Readonly<Record<string, Format>> = { jsonl: "json", json: "json", csv: "csv", txt: "text" };
/** Further endings that the job reads. */
const others: ReadonlySet<string> = new Set(["parquet", "arrow"]);
const compressed = /\.(gz|bz2|xz|zst|lz4)$/;

export type Format = "json" | "csv" | "text";

/** What a source's path is on this machine. */
export type Place =
  | { readonly kind: "file"; readonly path: string; readonly format: Format; readonly isGzip: boolean }
  | { readonly kind: "unreadable"; readonly path: string; readonly what: string };

/** How deep a folder is looked through for a data file, and how many names are looked at. */
const deepest = 3;
const most = 2000;

/**
 * The first file of a source that lies on this disk and can be looked at. Undefined where nothing lies there, as on the
 * laptop of someone whose data are on the cluster, and where it is of a format that the preflight alone reads. A relative
 * path counts from the plan's place, and else from the working directory.
 */
export function placeOf(
  host: Host,
  plan: Plan,
  key: "data.path" | "data.eval_path",
  written: string,
): Place | undefined {
  const beside = besides(plan.written.fileOf(key), written);
  const path = [beside, written].find((each) => host.stat(each).ok);
  const stat = path === undefined ? undefined : host.stat(path);
  if (path === undefined || stat === undefined || !stat.ok) return undefined;
  const isPath = !mayBeHubId(written) || isData(written);
  if (stat.kind === "other") return { kind: "unreadable", path, what: "is neither a file nor a folder" };
  if (stat.kind === "file") {
    if (!isData(path))
      return { kind: "unreadable", path, what: `is no data file that can be read; known endings: ${endings()}` };
    return fileAt(path);
  }
  const names = host.list(path);
  if (names.includes("dataset_info.json") || names.includes("dataset_dict.json")) return undefined;
  const budget = { left: most };
  const found = firstData(host, path, deepest, budget);
  if (found !== undefined) return fileAt(found);
  if (budget.left === 0 || !isPath || names.some((name) => name.endsWith(".py"))) return undefined;
  return { kind: "unreadable", path, what: `holds no data files; known endings: ${endings()}` };
}

function fileAt(path: string): Place | undefined {
  const isGzip = path.endsWith(".gz");
  const format = formats[endingOf(path)];
  return format === undefined || (compressed.test(path) && !isGzip)
    ? undefined
    : { kind: "file", path, format, isGzip };
}

/** A folder that links to itself is left by its depth. */
function firstData(host: Host, folder: string, depth: number, budget: { left: number }): string | undefined {
  const folders: string[] = [];
  for (const name of host.list(folder)) {
    if (budget.left === 0) return undefined;
    budget.left -= 1;
    const path = `${folder.replace(/(?<=.)\/+$/, "")}/${name}`;
    const stat = host.stat(path);
    if (stat.ok && stat.kind === "file" && isData(path)) return path;
    if (stat.ok && stat.kind === "folder") folders.push(path);
  }
  if (depth === 0) {
    budget.left = 0;
    return undefined;
  }
  for (const path of folders) {
    const found = firstData(host, path, depth - 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isData(path: string): boolean {
  const ending = endingOf(path);
  return formats[ending] !== undefined || others.has(ending);
}

function endingOf(path: string): string {
  return path.replace(compressed, "").split(".").at(-1) ?? "";
}

function endings(): string {
  return [...Object.keys(formats), ...others].map((ending) => `.${ending}`).join(", ");
}
