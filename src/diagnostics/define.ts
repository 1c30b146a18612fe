import type { Location } from "../text/location.ts";
import type { Diagnostic, Fix, Related, Severity } from "./diagnostic.ts";

export type Printable = string | number;

/** A message with named holes; who makes a diagnostic is asked for exactly these names, so a forgotten number does not compile. */
export interface Template<P extends string = string> {
  readonly parameters: readonly P[];
  format(values: Readonly<Record<string, Printable>>): string;
}

/** Tag for messages: text`${"num_experts"} experts …`. */
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

/** `default` and, where one mistake has several shapes, named variants. Lower case, no full stop, stands alone. */
export type Messages = { readonly default: Template } & Readonly<Record<string, Template>>;

/** What a code says. Its docs page lies beside it, in an export `pages`, which only `planc explain` and the docs load. */
export interface Definition<M extends Messages = Messages> {
  readonly severity: Severity;
  readonly messages: M;
  /** What to do about it, when a rule does not say something more precise. */
  readonly help?: string;
}

type Holes<T> = T extends Template<infer P> ? { readonly [name in P]: Printable } : never;

interface Extra<V> {
  /** Which of the messages; `default` when left out. */
  readonly variant?: V;
  readonly related?: readonly Related[];
  /** Replaces the definition's help with one that knows the numbers. */
  readonly help?: string;
  /** The known issue of the stack that is met. */
  readonly issue?: { readonly id: string };
  readonly fixes?: readonly Fix[];
}

/** Makes a diagnostic of one code at a place. */
export interface Reporter<M extends Messages = Messages> extends Definition<M> {
  readonly code: string;
  <V extends keyof M & string = "default" & keyof M>(
    location: Location,
    values: Holes<M[V]>,
    extra?: Extra<V>,
  ): Diagnostic;
}

/**
 * Defines a code. PLN1xxx text and schema, PLN2xxx model and checkpoint, PLN3xxx mesh and sharding, PLN4xxx stack and
 * versions, PLN5xxx cluster, memory and launch. A code is never used again: PLN2012, PLN2013, PLN4026 and PLN4032 are gone.
 */
export function diagnostic<const M extends Messages>(code: string, definition: Definition<M>): Reporter<M> {
  const { severity, messages } = definition;
  const make = (
    location: Location,
    values: Readonly<Record<string, Printable>>,
    extra: Extra<string> = {},
  ): Diagnostic => {
    const template = messages[extra.variant ?? "default"] ?? messages.default;
    const help = extra.help ?? definition.help;
    return {
      code,
      severity,
      message: template.format(values),
      location,
      related: extra.related ?? [],
      ...(help === undefined ? {} : { help }),
      ...(extra.issue === undefined ? {} : { issue: extra.issue.id }),
      fixes: extra.fixes ?? [],
    };
  };
  return Object.assign(make, { code, ...definition }) as Reporter<M>;
}
