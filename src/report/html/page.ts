/** The whole page: markup and style in one file, which loads nothing and runs nothing. */
import { createHash } from "node:crypto";
import { bytes } from "../../text/words.ts";
import type { ReportedPlan, ReportedTime } from "../read/plan.ts";
import type { Subject } from "../read/run.ts";
import { comparisonOf } from "../sections/comparison.ts";
import { chartsOf, curvesTable } from "../sections/curves.ts";
import { loadMapOf, loadTable } from "../sections/load.ts";
import { curveTable, memoryTable, movingOf, profileOf } from "../sections/memory.ts";
import { meshTable } from "../sections/mesh.ts";
import { cardsOf, headlineOf, planTable } from "../sections/overview.ts";
import { shareByKind, shareTable } from "../sections/share.ts";
import { timeInWords, timeRows, timeTable } from "../sections/time.ts";
import { trafficBars, trafficTable } from "../sections/traffic.ts";
import { bytesCell } from "../table.ts";
import { barsHtml } from "./bars.ts";
import { type Html, html, nothing } from "./escape.ts";
import { linesPlot } from "./lines.ts";
import { loadPlot } from "./load.ts";
import { memoryLegend, memoryPlot, movingPlot } from "./memory.ts";
import { meshPlot } from "./mesh.ts";
import { style } from "./style.ts";
import { foldedTable, tableHtml, valueHtml } from "./table.ts";

/** By this a page is known that planc may replace. */
export const generator = "planc report";

export function pageOf(subject: Subject): string {
  const { plan } = subject;
  const digest = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${generator}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${plan.name}: ${subject.measured === null ? "a plan" : "a run"} in planc</title>
<style>`.text;
  return `${page}${style}</style>\n</head>\n${bodyOf(subject).text}\n</html>\n`;
}

function bodyOf(subject: Subject): Html {
  const { missing } = subject;
  return html`<body>
<header><h1>${subject.plan.name}</h1>
<p class="lead">${headlineOf(subject)}</p>
<ul class="cards">${cardsOf(subject).map(({ label, cell, note }) => html`<li><span>${label}</span><b>${valueHtml(cell)}</b><span>${note}</span></li>\n`)}</ul>
${missing.length === 0 ? nothing : html`<ul class="missing" aria-label="What is missing">${missing.map((each) => html`<li>${each}</li>`)}</ul>`}
</header>
<main>${sectionsOf(subject).map(([title, content]) => html`<section><h2>${title}</h2>\n${content}</section>\n`)}</main>
<footer>Made by planc from the plan&#8217;s lock${subject.measured === null ? "" : " and what the run wrote"}. Figures in tables are rounded; the exact ones stand in the markup.</footer>
</body>`;
}

function sectionsOf(subject: Subject): (readonly [title: string, content: Html])[] {
  const { plan, measured, curves } = subject;
  const comparison = comparisonOf(subject);
  const map = measured === null ? undefined : loadMapOf(measured, plan);
  const charts = chartsOf(curves);
  const hasLoad = measured !== null && measured.expertLoad.length > 0;
  return [
    ...(comparison === undefined ? [] : [["Foreseen and measured", tableHtml(comparison, false)] as const]),
    ...(charts.length === 0
      ? []
      : [
          [
            "The run",
            html`<div class="charts">${charts.map(linesPlot)}</div>${foldedTable(curvesTable(curves))}`,
          ] as const,
        ]),
    ["Memory over a step", memorySection(subject)],
    ...(plan.time === null ? [] : [["Time of a step", timeSection(plan.time)] as const]),
    ...(plan.traffic.length === 0 ? [] : [["Traffic", trafficSection(plan)] as const]),
    ...(hasLoad
      ? [
          [
            "Load of the experts",
            html`${map === undefined ? nothing : loadPlot(map)}${foldedTable(loadTable(measured))}`,
          ] as const,
        ]
      : []),
    ["The mesh", html`${meshPlot(plan)}${tableHtml(meshTable(plan))}`],
    [
      "What lies on a rank",
      html`<p class="note">Bytes of parameters on the rank that holds the most, by kind.</p>${barsHtml(shareByKind(plan).map(({ name, bytes: held }) => ({ name, cell: bytesCell(held) })))}${foldedTable(shareTable(plan))}`,
    ],
    ["The plan", tableHtml(planTable(subject), false)],
  ];
}

function trafficSection(plan: ReportedPlan): Html {
  const bars = trafficBars(plan).map(({ name, bytes: sent }) => ({ name, cell: bytesCell(sent) }));
  return html`${barsHtml(bars)}${tableHtml(trafficTable(plan))}`;
}

function timeSection(time: ReportedTime): Html {
  const said = html`<p class="note">${timeInWords(time)}</p>`;
  return "unknown" in time ? said : html`${said}${barsHtml(timeRows(time))}${foldedTable(timeTable(time))}`;
}

function memorySection({ plan }: Subject): Html {
  const { curve, memory } = plan;
  if (curve === null) {
    const why =
      memory.peak === null
        ? "nothing bounds a step, or the model's operations are not known"
        : "the lock is of an older planc";
    return html`<p class="note">No curve: ${why}.</p>${tableHtml(memoryTable(plan))}`;
  }
  const profile = profileOf(curve);
  return html`<p class="note">What torch&#8217;s allocator has handed out on the rank that holds the most, from the begin of a step to its end, in the order of the program (layer by layer, not by time)${memory.peak === null ? "" : html`. The peak, ${bytes(memory.peak.allocated)}, is in ${memory.peak.moment}`}.</p>
${memoryPlot(profile, plan)}
<p class="note">The same without parameters and optimizer states, which stay: what comes and goes.</p>
${movingPlot(movingOf(profile))}${memoryLegend(profile)}${tableHtml(memoryTable(plan))}${foldedTable(curveTable(curve))}`;
}
