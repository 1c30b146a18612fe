/** What the tests of cases know of the catalogue, imported in this one place. */
import { catalogue } from "../../src/diagnostics/catalogue.ts";
import type { Entry } from "../../src/diagnostics/entry.ts";

export const entries: ReadonlyMap<string, Entry> = new Map(Object.entries<Entry>(catalogue));

/** Every shape of every diagnostic: `PLN3004`, and `PLN3004/replicas` for a variant of its message. */
export const shapes: readonly string[] = [...entries].flatMap(([code, { messages }]) =>
  Object.keys(messages).map((variant) => shapeName(code, variant)),
);

/** The shape that a message has: of those that fit, the one with the most words of its own. */
export function shapeOf(code: string, message: string): string {
  const fitting = Object.entries(entries.get(code)?.messages ?? {})
    .map(([variant, { parameters, format }]) => {
      const holes = Object.fromEntries(parameters.map((name) => [name, hole]));
      const own = format(holes).split(hole);
      return { variant, own: own.join("").length, fits: new RegExp(`^${own.map(literally).join(".*")}$`, "s") };
    })
    .filter(({ fits }) => fits.test(message))
    .sort((a, b) => b.own - a.own);
  return shapeName(code, fitting[0]?.variant ?? "no shape");
}

const hole = "\u0000";

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function shapeName(code: string, variant: string): string {
  return variant === "default" ? code : `${code}/${variant}`;
}
