import { plural } from "../../text/words.ts";
import type { Point } from "../read/log.ts";
import type { Chart } from "../sections/curves.ts";
import { shortNumber } from "../table.ts";
import { type Html, html, nothing } from "./escape.ts";
import { plotHtml, textAt } from "./plot.ts";
import { scaled, ticksOf } from "./scale.ts";

const height = 150;
const width = 1000;
/** Points of a line; of more, each stretch shows its least and its most. */
const mostPoints = 400;

/** Curves over the steps. */
export function linesPlot({ title, lines, gaps }: Chart): Html {
  const all = lines.flatMap(({ points }) => points.filter(isNumber));
  const [least, most] = rangeOf(all.map(({ value }) => value));
  const room = 0.06 * (most - least) || 0.1 * Math.abs(most) || 1;
  const [low, high] = [least - room, most + room];
  const [first, last] = rangeOf(lines.flatMap(({ points }) => points.map(({ step }) => step)));
  const x = (step: number) => scaled(step, first, last, width);
  const y = (value: number) => height - scaled(value, low, high, height);
  const drawn = lines.map(({ points }, index) => {
    const path = pathsOf(points, x, y);
    const dots =
      points.length > 60
        ? nothing
        : points
            .filter(isNumber)
            .map(
              ({ step, value }) =>
                html`<path class="dot line${index}" d="M${x(step)} ${y(value)}h0"><title>step ${step}: ${shortNumber(value)}</title></path>`,
            );
    return html`<path class="line line${index}" d="${path}"/>${dots}`;
  });
  const legend = html`<ul class="legend">${lines.map(
    ({ name }, index) =>
      html`<li><svg class="swatch" width="18" height="12" aria-hidden="true"><path class="line line${index}" d="M0 6h18"/></svg> ${name}</li>`,
  )}</ul>`;
  return html`<figure class="chart"><figcaption>${title}${gaps === 0 ? nothing : html` <span class="warn">${plural(gaps, "point")} not a number</span>`}</figcaption>
${plotHtml({
  title: `${title} over the steps`,
  height,
  marks: ticksOf(low, high, 4).map((value) => ({ y: y(value), text: shortNumber(value) })),
  width,
  shapes: html`${drawn}`,
  texts: [textAt(0, height + 16, `step ${first}`), ...(last > first ? [textAt(1, height + 16, String(last))] : [])],
})}
${lines.length > 1 ? legend : nothing}</figure>`;
}

/** Lines between neighbours, with a gap where a value is no number. */
function pathsOf(points: readonly Point[], x: (step: number) => number, y: (value: number) => number): string {
  let path = "";
  let isDown = false;
  for (const point of thinned(points)) {
    if (isNumber(point)) path += `${isDown ? "L" : "M"}${x(point.step)} ${y(point.value)}`;
    isDown = isNumber(point);
  }
  return path;
}

/** The least and the most of each stretch, in their order, and what is no number. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const size = Math.ceil((2 * points.length) / mostPoints);
  const kept: Point[] = [];
  for (let begin = 0; begin < points.length; begin += size) {
    const stretch = points.slice(begin, begin + size);
    const numbers = stretch.filter(isNumber).sort((a, b) => a.value - b.value);
    const gap = stretch.find((point) => !isNumber(point));
    const chosen = new Set([numbers[0], numbers.at(-1), gap].filter((point) => point !== undefined));
    kept.push(...stretch.filter((point) => chosen.has(point)));
  }
  return kept;
}

/** From the least to the most. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  const low = values.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  return low <= high ? [low, high] : [0, 1];
}

function isNumber({ value }: Point): boolean {
  return Number.isFinite(value);
}
