import { visible } from "../../text/visible.ts";

/** A piece of a page that is markup already. */
export class Html {
  constructor(readonly text: string) {}
}

type Hole = Html | readonly Html[] | string | number;

/** Tag for markup: what is no `Html` itself is text, and stands there as it reads, whatever it holds. */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return new Html(strings.reduce((text, part, index) => text + filled(holes[index - 1] ?? "") + part));
}

export const nothing = new Html("");

function filled(hole: Hole): string {
  if (hole instanceof Html) return hole.text;
  if (typeof hole === "object") return hole.map(({ text }) => text).join("");
  return visible(String(hole)).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
