import { join } from "node:path/posix";
import ts from "typescript";

/**
 * The rooms of `src/`, top first: each may import only from those above it, so that a reader who starts at the top
 * never meets something unexplained. `host.ts`, `stacks.ts` and `compiler.ts` are rooms of one file.
 */
export const rooms = [
  "text",
  "diagnostics",
  "host.ts",
  "generated",
  "source",
  "plan",
  "cluster",
  "model",
  "checkpoint",
  "convert",
  "estimate",
  "stack",
  "check",
  "engines",
  "trainers",
  "stacks.ts",
  "graph",
  "schedulers",
  "bundle",
  "report",
  "toy",
  "compiler.ts",
  "fit",
  "run",
  "editor",
  "cli",
];

/** The list of engines and trainers, and the only file that hands it to all others. */
const [registry, entry] = ["stacks.ts", "cli/main.ts"];

/** What is generated from rooms below: whose it is. */
const owners: Readonly<Record<string, string>> = {
  "generated/rules/common.ts": "compiler.ts",
  "generated/rules/transformers.ts": "engines/transformers/",
  "generated/rules/trl.ts": "trainers/trl/",
  "generated/rules/skypilot.ts": "schedulers/rules.ts",
  "generated/rules/slurm.ts": "schedulers/rules.ts",
  "generated/rules/kubernetes.ts": "schedulers/rules.ts",
  "generated/rules/trainjob.ts": "schedulers/rules.ts",
  "generated/issues/transformers.ts": "engines/transformers/",
  "generated/issues/trl.ts": "trainers/trl/",
  "generated/catalogue.ts": "cli/",
};

/**
 * Why a file may not import another although it stands above: engines and trainers are found by name, through the
 * interfaces in `stack/`. A trainer may build on an engine.
 */
function isInside(file: string, target: string): string | undefined {
  const [room, folder] = target.split("/");
  const owner = owners[target];
  if (owner !== undefined) return file.startsWith(owner) ? undefined : `it belongs to src/${owner}`;
  if (target === registry) return file === entry ? undefined : `only ${entry} hands out ${registry}`;
  if (room !== "engines" && room !== "trainers") return undefined;
  if (file === registry || file.startsWith(`${room}/${folder}/`)) return undefined;
  if (room === "engines" && file.startsWith("trainers/")) return undefined;
  return `${room} are found by name, see src/stack/`;
}

/** One sentence for each import that points down, or leaves `src/`. `files`: path inside `src/` → text. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [file, text] of files) {
    const room = roomOf(file);
    if (!rooms.includes(room)) found.push(`src/${file} is in no known room; add "${room}" to scripts/rooms/order.ts`);
    for (const { fileName, pos } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const target = join(file, "..", fileName);
      const line = text.slice(0, pos).split("\n").length;
      if (target.startsWith("../")) {
        if (target !== "../package.json")
          found.push(`src/${file}:${line} imports ${fileName}, which is outside of src/`);
      } else if (rooms.indexOf(roomOf(target)) > rooms.indexOf(room)) {
        found.push(`src/${file}:${line} imports ${fileName}: ${roomOf(target)} stands below ${room}`);
      } else {
        const why = isInside(file, target);
        if (why !== undefined) found.push(`src/${file}:${line} imports ${fileName}: ${why}`);
      }
    }
  }
  return found;
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}
