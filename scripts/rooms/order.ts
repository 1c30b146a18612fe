import { join } from "node:path/posix";
import ts from "typescript";

/**
 * The rooms of `src/`, top first: each may import only from those above it, so that a reader who starts at the top
 * never meets something unexplained. `host.ts` and `compiler.ts` are rooms of one file.
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
  "stack",
  "check",
  "estimate",
  "engines",
  "trainers",
  "graph",
  "schedulers",
  "bundle",
  "compiler.ts",
  "run",
  "editor",
  "cli",
];

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
      }
    }
  }
  return found;
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}
