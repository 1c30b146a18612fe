import { plural } from "../../text/words.ts";
import type { LoadMap } from "../sections/load.ts";
import { type Html, html } from "./escape.ts";
import { plotHtml, textAt } from "./plot.ts";

/** Upper ends of the levels of load; the last has none. */
const ends = [0.25, 0.5, 0.8, 1.25, 2, 3, 5] as const;

/** Layers from the top down, experts from left to right. */
export function loadPlot({ layers, experts, perRank }: LoadMap): Html {
  const line = Math.min(18, Math.max(5, Math.floor(420 / layers.length)));
  const height = line * layers.length;
  const levels = [...ends.keys(), ends.length].map((level) => {
    const cells = layers.flatMap(({ loads }, index) =>
      runsOf(loads, level).map(([from, length]) => `M${from} ${index * line + line / 2}h${length}`),
    );
    return html`<path class="load load${level}" stroke-width="${line}" d="${cells.join("")}"><title>${wordsOf(level)}</title></path>`;
  });
  const ranks = experts / perRank;
  const bounds = Array.from({ length: ranks - 1 }, (_, index) => `M${(index + 1) * perRank} 0V${height}`).join("");
  const every = Math.ceil(layers.length / Math.max(1, Math.floor(height / 18)));
  return html`${plotHtml({
    title: `Load of ${plural(experts, "expert")} in ${plural(layers.length, "layer")}`,
    height,
    marks: layers.flatMap(({ name }, index) =>
      index % every === 0 ? [{ y: index * line + line / 2, text: name }] : [],
    ),
    width: experts,
    shapes: html`${levels}<path class="bound" d="${bounds}"/>`,
    texts: [
      textAt(0, height + 16, "expert 0"),
      textAt(1, height + 16, String(experts - 1)),
      ranks > 1
        ? textAt(0.5, height + 16, `${perRank} on each rank of ep`)
        : textAt(0.5, height + 16, "all on each rank"),
    ],
  })}<ul class="legend">${[...ends.keys(), ends.length].map(
    (level) =>
      html`<li><svg class="swatch" width="12" height="12" aria-hidden="true"><path class="load load${level}" stroke-width="12" d="M0 6h12"/></svg> ${wordsOf(level)}</li>`,
  )}</ul>`;
}

/** [begin, length] of neighbours on one level. */
function runsOf(loads: readonly number[], level: number): [number, number][] {
  const runs: [number, number][] = [];
  loads.forEach((load, expert) => {
    if (levelOf(load) !== level) return;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === expert) last[1]++;
    else runs.push([expert, 1]);
  });
  return runs;
}

function levelOf(load: number): number {
  const level = ends.findIndex((end) => load < end);
  return level < 0 ? ends.length : level;
}

function wordsOf(level: number): string {
  const [from, to] = [ends[level - 1], ends[level]];
  if (from === undefined) return `below ${to} times the mean`;
  return to === undefined ? `${from} and more` : `${from} to ${to}`;
}
