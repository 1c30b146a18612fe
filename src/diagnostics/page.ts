import { type Code, catalogue } from "./catalogue.ts";
import type { Entry } from "./entry.ts";

const entries: ReadonlyMap<string, Entry> = new Map(Object.entries(catalogue));

/** The codes of the catalogue, ascending. */
export const codes: readonly Code[] = (Object.keys(catalogue) as Code[]).sort();

/** The docs page of a code, as Markdown: what it says, why, a plan that triggers it and what to write instead. */
export function pageOf(code: string): string | undefined {
  const entry = entries.get(code);
  if (entry === undefined) return undefined;
  const shapes = Object.values(entry.messages).map(({ parameters, format }) => {
    return `    ${code}: ${format(Object.fromEntries(parameters.map((name) => [name, `<${name}>`])))}`;
  });
  const help = entry.help === undefined ? [] : [`What to do: ${entry.help}.`];
  const heading = `# ${code}: ${entry.title}`;
  const severity = { error: "An error", warning: "A warning", info: "A note" }[entry.severity];
  return `${[heading, `${severity}:`, shapes.join("\n"), entry.docs, ...help].join("\n\n")}\n`;
}
