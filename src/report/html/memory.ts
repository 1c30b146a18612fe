import { bytes } from "../../text/words.ts";
import type { ReportedPlan } from "../read/plan.ts";
import { categoryNames, type Profile } from "../sections/memory.ts";
import { type Html, html } from "./escape.ts";
import { percent, plotHtml, textAt } from "./plot.ts";
import { scaled, ticksOf, unitOf } from "./scale.ts";

/** Of the picture's own units, which stretch. */
const width = 2000;

/** Memory over a step, stacked, with its peak and the room that the GPU has. */
export function memoryPlot(profile: Profile, plan: ReportedPlan): Html {
  const top = topOf(profile);
  const reserved = plan.memory.peak?.reserved ?? top;
  const room = plan.cluster.memory - plan.memory.outside;
  const lines: Line[] = [{ name: "limit", bytes: reserved, text: "allocator holds", side: "start" }];
  // Far above all else it would flatten the picture.
  if (room <= 1.7 * top) lines.push({ name: "room", bytes: room, text: "room for it:", side: "end" });
  return stackedPlot(profile, `Memory over a step; the peak is ${bytes(top)}`, 240, lines);
}

/** What comes and goes in a step, from a ground of its own. */
export function movingPlot(profile: Profile): Html {
  return stackedPlot(
    profile,
    `Memory that comes and goes in a step; ${bytes(topOf(profile))} of it at the peak`,
    280,
    [],
  );
}

/** A level that goes across. */
interface Line {
  readonly name: string;
  readonly bytes: number;
  readonly text: string;
  readonly side: "start" | "end";
}

function stackedPlot(
  { categories, moments, phases, width: end, peak }: Profile,
  title: string,
  height: number,
  lines: readonly Line[],
): Html {
  const totals = moments.map(({ bytes: each }) => sumOf(each));
  const top = totals[peak] ?? 0;
  const highest = 1.08 * Math.max(...totals, ...lines.map((line) => line.bytes));
  const x = (at: number) => scaled(at, 0, end, width);
  const y = (value: number) => height - scaled(value, 0, highest, height);
  const unit = unitOf(highest);
  const marks = ticksOf(0, highest, 5, unit.size).map((value) => ({
    y: y(value),
    text: `${Number((value / unit.size).toPrecision(4))} ${unit.name}`,
  }));
  // The uppermost is painted first, down to the ground, and each below over it: one edge for each, and no gaps between.
  const layers = categories.map((category, index) => {
    const edge = moments.map(({ x: at, bytes: each }) => [x(at), y(sumOf(each.slice(0, index + 1)))] as const);
    return html`<path class="fill ${category}" d="${areaOf(edge, height)}"><title>${categoryNames[category]}</title></path>`;
  });
  const share = (moments[peak]?.x ?? 0) / end;
  const [side, away] = share > 0.5 ? ["end", -0.012] : ["start", 0.012];
  // Above the peak, unless a level goes through there.
  const isFree = lines.every((line) => Math.abs(y(top) - 12 - y(line.bytes)) > 12);
  return plotHtml({
    title,
    height,
    marks,
    width,
    shapes: html`${layers.toReversed()}${phases.slice(1).map(({ from }) => html`<path class="edge" d="M${x(from)} 0V${height}"/>`)}${lines.map(
      (line) => html`<path class="${line.name}" d="M0 ${y(line.bytes)}H${width}"/>`,
    )}`,
    texts: [
      ...phases.map(({ name, from, to }) =>
        textAt((from + to) / 2 / end, height + 16, name, to - from < 0.08 * end ? "wide" : ""),
      ),
      ...lines.map(
        (line) =>
          html`<text class="strong halo" x="${line.side === "start" ? "0.5%" : "99.5%"}" y="${y(line.bytes) - 5}" text-anchor="${line.side}">${line.text} ${bytes(line.bytes)}</text>`,
      ),
      html`<circle class="peak" cx="${percent(share)}" cy="${y(top)}" r="4"/>`,
      html`<text class="strong halo" x="${percent(share + away)}" y="${Math.round(y(top)) + (isFree ? -8 : 20)}" text-anchor="${side}">peak ${bytes(top)}</text>`,
    ],
  });
}

function topOf({ moments, peak }: Profile): number {
  return sumOf(moments[peak]?.bytes ?? []);
}

/** What the colours are, with the bytes at the peak, from the top of the picture down. */
export function memoryLegend({ categories, moments, peak }: Profile): Html {
  const at = moments[peak]?.bytes ?? [];
  const rows = categories.map((category, index) => {
    const each = Math.round(at[index] ?? 0);
    return html`<li><svg class="swatch" width="12" height="12" aria-hidden="true"><rect class="fill ${category}" width="12" height="12"/></svg> ${categoryNames[category]} <data value="${each}">${bytes(each)}</data></li>`;
  });
  return html`<ul class="legend">${rows.toReversed()}</ul>`;
}

/** From an upper edge down to the ground; points on a level are left out. */
function areaOf(edge: readonly (readonly [x: number, y: number])[], height: number): string {
  const kept = edge.filter(([, y], index) => y !== edge[index - 1]?.[1] || y !== edge[index + 1]?.[1]);
  return `M0 ${height}L${kept.map(([x, y]) => `${x} ${y}`).join(" ")}L${width} ${height}Z`;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
