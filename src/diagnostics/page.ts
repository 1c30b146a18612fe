import type { Reporter } from "./define.ts";

/** What is said of a code beyond its messages. */
export interface Page {
  /** Names the mistake in a few words; the title of its docs page. */
  readonly title: string;
  /** Markdown: why it matters, an example that triggers it, what to write instead. */
  readonly docs: string;
}

/** Code → its page; beside the definitions of the codes. */
export type Pages = Readonly<Record<string, Page>>;

/** A code with its page. */
export interface Entry extends Page {
  readonly code: string;
  readonly reporter: Reporter;
}

/** Every code that planc can report. */
export type Catalogue = ReadonlyMap<string, Entry>;

/** The docs page of a code, as Markdown: what it says, why, a plan that triggers it and what to write instead. */
export function pageOf({ code, title, docs, reporter }: Entry): string {
  const { messages, help, severity } = reporter;
  const shapes = Object.values(messages).map(({ parameters, format }) => {
    return `    ${code}: ${format(Object.fromEntries(parameters.map((name) => [name, `<${name}>`])))}`;
  });
  const advice = help === undefined ? [] : [`What to do: ${help}.`];
  const heading = `# ${code}: ${title}`;
  const kind = { error: "An error", warning: "A warning", info: "A note" }[severity];
  return `${[heading, `${kind}:`, shapes.join("\n"), docs, ...advice].join("\n\n")}\n`;
}
