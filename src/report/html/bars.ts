import type { Cell } from "../table.ts";
import { type Html, html } from "./escape.ts";
import { percent } from "./plot.ts";
import { valueHtml } from "./table.ts";

/** A bar: its length is a number, which stands behind its name. */
export interface Row {
  readonly name: string;
  readonly cell: Cell;
}

/** One below the other, the longest as wide as the page. Each has its name and its number in text above it. */
export function barsHtml(rows: readonly Row[]): Html {
  const most = Math.max(...rows.map(({ cell }) => cell.value ?? 0));
  return html`<ul class="bars">${rows.map(
    ({ name, cell }) => html`<li><span>${name}</span> <span class="n">${valueHtml(cell)}</span>
<svg width="100%" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="2"/><rect class="bar" width="${percent(most > 0 ? (cell.value ?? 0) / most : 0)}" height="10" rx="2"/></svg></li>`,
  )}</ul>`;
}
