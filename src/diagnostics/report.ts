import type { Location } from "../text/location.ts";
import { type Code, catalogue } from "./catalogue.ts";
import type { Diagnostic, Fix, Related } from "./diagnostic.ts";
import type { Entry, Printable, Template } from "./entry.ts";

type Messages<C extends Code> = (typeof catalogue)[C]["messages"];
export type Variant<C extends Code> = keyof Messages<C> & string;
type Holes<C extends Code, V extends Variant<C>> =
  Messages<C>[V] extends Template<infer P> ? { readonly [name in P]: Printable } : never;

interface Extra<V> {
  /** Which of the entry's messages; `default` when left out. */
  readonly variant?: V;
  readonly related?: readonly Related[];
  /** Replaces the entry's help with one that knows the numbers. */
  readonly help?: string;
  readonly fixes?: readonly Fix[];
}

/** Makes the diagnostic `code` at a place. The only way to make one. */
export function report<C extends Code, V extends Variant<C> = "default" & Variant<C>>(
  code: C,
  location: Location,
  values: Holes<C, V>,
  extra: Extra<V> = {},
): Diagnostic {
  const entry: Entry = catalogue[code];
  const template = entry.messages[extra.variant ?? "default"] ?? entry.messages.default;
  const help = extra.help ?? entry.help;
  return {
    code,
    severity: entry.severity,
    message: template.format(values),
    location,
    related: extra.related ?? [],
    ...(help === undefined ? {} : { help }),
    fixes: extra.fixes ?? [],
  };
}
