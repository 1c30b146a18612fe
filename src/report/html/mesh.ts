import { count, plural } from "../../text/words.ts";
import type { ReportedPlan } from "../read/plan.ts";
import { axisRows, shownRanks } from "../sections/mesh.ts";
import { type Html, html, nothing } from "./escape.ts";
import { percent } from "./plot.ts";

const row = { title: 18, cells: 28, gap: 10 } as const;
/** Colours of groups, which then begin anew. */
const colours = 6;

/** The first ranks on their machines, and below them a row for each axis: one number is one group. */
export function meshPlot(plan: ReportedPlan): Html {
  const rows = axisRows(plan);
  const ranks = Math.min(plan.worldSize, shownRanks);
  const each = row.title + row.cells + row.gap;
  const bottom = each * (rows.length + 1);
  const machines = Math.ceil(ranks / plan.cluster.gpus_per_node);
  const cells = (
    top: number,
    cell: (rank: number) => { readonly name: string; readonly text: string; readonly title: string },
  ) =>
    Array.from({ length: ranks }, (_, rank) => {
      const { name, text, title } = cell(rank);
      return html`<rect class="${name}" x="${percent((rank + 0.04) / ranks)}" y="${top}" width="${percent(0.92 / ranks)}" height="${row.cells}" rx="3"><title>${title}</title></rect><text x="${percent((rank + 0.5) / ranks)}" y="${top + 19}" text-anchor="middle">${text}</text>`;
    });
  const drawn = rows.map(({ axis, ranks: places }, index) => {
    const top = each * (index + 1);
    const what = `${axis.name}: ${plural(axis.count, "group")} of ${count(axis.size)} (${axis.view})`;
    return html`<text class="strong" x="0" y="${top + 12}">${what}</text>${cells(top + row.title, (rank) => {
      const { group = 0, place = 0 } = places[rank] ?? {};
      return {
        name: `g${group % colours}`,
        text: String(group),
        title: `rank ${rank}: ${axis.name} group ${group}, place ${place}`,
      };
    })}`;
  });
  const edges = Array.from({ length: machines - 1 }, (_, index) => {
    const at = percent(((index + 1) * plan.cluster.gpus_per_node) / ranks);
    return html`<line class="edge" x1="${at}" x2="${at}" y1="0" y2="${bottom}"/>`;
  });
  const names = Array.from({ length: machines }, (_, index) => {
    const at = percent((index * plan.cluster.gpus_per_node) / ranks);
    return html`<text class="strong" x="${at}" y="12">${machines === 1 && plan.cluster.nodes === 1 ? "ranks of the machine" : `machine ${index}`}</text>`;
  });
  const title = rows.length === 0 ? "One rank" : `Ranks by ${rows.map(({ axis }) => axis.name).join(", ")}`;
  return html`<div role="img" aria-label="${title}"><svg class="mesh" width="100%" height="${bottom}" aria-hidden="true">${names}${cells(row.title, (rank) => ({ name: "rank", text: String(rank), title: `rank ${rank}` }))}${drawn}${edges}</svg></div>
<p class="note">${rows.length === 0 ? nothing : html`In a row, ranks with one number are one group, which exchange with each other. `}${plan.worldSize > ranks ? `The first ${ranks} of ${count(plan.worldSize)} ranks; the pattern repeats.` : ""}</p>`;
}
