/** What the tests of cases know of the catalogue, imported in this one place. */
import { catalogue } from "../../src/generated/catalogue.ts";

export { catalogue as entries };

/** Every shape of every diagnostic: `PLN3004`, and `PLN3004/replicas` for a variant of its message. */
export const shapes: readonly string[] = [...catalogue].flatMap(([code, { reporter }]) =>
  Object.keys(reporter.messages).map((variant) => shapeName(code, variant)),
);

/** The shape that a message has: of those that fit, the one with the most words of its own. */
export function shapeOf(code: string, message: string): string {
  const fitting = Object.entries(catalogue.get(code)?.reporter.messages ?? {})
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
