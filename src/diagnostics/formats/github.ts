import type { Diagnostic } from "../diagnostic.ts";
import type { Format } from "./format.ts";

const commands = { error: "error", warning: "warning", info: "notice" } as const;

/** Workflow commands, which GitHub shows beside the line in a pull request. */
export const github: Format = ({ diagnostics }) => diagnostics.map((diagnostic) => `${command(diagnostic)}\n`).join("");

function command({ severity, code, message, help, location, related }: Diagnostic): string {
  const { start, end } = location.range;
  const sameLine = start.line === end.line;
  const properties = {
    file: location.file,
    line: start.line + 1,
    endLine: end.line + 1,
    // Columns make sense to GitHub only within one line; its end column is the last one marked.
    ...(sameLine ? { col: start.character + 1, endColumn: Math.max(start.character + 1, end.character) } : {}),
    title: code,
  };
  const shown = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const notes = related.map(
    (other) => `${other.location.file}:${other.location.range.start.line + 1}: ${other.message}`,
  );
  const text = [message, ...notes, ...(help === undefined ? [] : [`help: ${help}`])].join("\n");
  return `::${commands[severity]} ${shown.join(",")}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
