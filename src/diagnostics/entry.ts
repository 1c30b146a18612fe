import type { Severity } from "./diagnostic.ts";

export type Printable = string | number;

/** A message with named holes; `report` asks for exactly these names, so a forgotten number does not compile. */
export interface Template<P extends string = string> {
  readonly parameters: readonly P[];
  format(values: Readonly<Record<string, Printable>>): string;
}

/** Tag for catalogue messages: text`${"num_experts"} experts …`. */
export function text<const P extends readonly string[]>(
  strings: TemplateStringsArray,
  ...parameters: P
): Template<P[number]> {
  return {
    parameters,
    format: (values) =>
      strings.reduce((line, part, index) => {
        const name = parameters[index - 1] ?? "";
        return `${line}${values[name] ?? ""}${part}`;
      }),
  };
}

/** One diagnostic of the catalogue. */
export interface Entry {
  readonly severity: Severity;
  /** Names the mistake in a few words; the title of its docs page. */
  readonly title: string;
  /** `default` and, where one mistake has several shapes, named variants. Lower case, no full stop, stands alone. */
  readonly messages: { readonly default: Template } & Readonly<Record<string, Template>>;
  /** What to do about it, when a rule does not say something more precise. */
  readonly help?: string;
  /** The docs page (Markdown): why it matters, an example that triggers it, what to write instead. */
  readonly docs: string;
}

/** Keeps the literal types of a group of entries while checking their shape. */
export function entries<const T extends Readonly<Record<string, Entry>>>(group: T): T {
  return group;
}
