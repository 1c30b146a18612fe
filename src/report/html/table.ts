import { count, plural } from "../../text/words.ts";
import type { Cell, Table } from "../table.ts";
import { type Html, html, nothing } from "./escape.ts";

/** A table, which scrolls by itself where a screen is narrow. Unless it `isNamed`, the heading above it says what its caption does. */
export function tableHtml({ caption, head, rows, more = 0 }: Table, isNamed = true): Html {
  const isNumeric = (column: number) => column > 0 && rows.some((row) => row[column]?.value !== undefined);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table>
<caption${isNamed ? nothing : classOf("seen")}>${caption}</caption>
<thead><tr>${head.map((title, column) => html`<th scope="col"${isNumeric(column) ? classOf("n") : nothing}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, column) => cellHtml(cell, column, isNumeric(column)))}</tr>\n`)}</tbody>
</table></div>
${more === 0 ? nothing : html`<p class="note">${count(more)} more are left out.</p>`}`;
}

/** The same, folded away until it is asked for. */
export function foldedTable(table: Table): Html {
  return html`<details><summary>${table.caption}: ${plural(table.rows.length, "row")}</summary>${tableHtml(table)}</details>`;
}

function cellHtml(cell: Cell, column: number, isNumeric: boolean): Html {
  if (column === 0) return html`<th scope="row">${valueHtml(cell)}</th>`;
  return html`<td${isNumeric ? classOf("n") : nothing}>${valueHtml(cell)}</td>`;
}

/** What is shown is rounded; the exact value stands in the markup. */
export function valueHtml({ text, value }: Cell): Html {
  return value === undefined ? html`${text}` : html`<data value="${value}">${text}</data>`;
}

function classOf(name: string): Html {
  return html` class="${name}"`;
}
