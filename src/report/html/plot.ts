import { type Html, html, nothing } from "./escape.ts";

/** A picture with values up its left side: shapes stretch with the page, texts keep their size. */
export interface Plot {
  readonly title: string;
  /** In pixels. */
  readonly height: number;
  /** What stands at the left: how far down in pixels, and the text. */
  readonly marks: readonly { readonly y: number; readonly text: string }[];
  /** Drawn in a box that is `width` wide and as high as the plot. */
  readonly width: number;
  readonly shapes: Html;
  /** Drawn over it, with x in percent. */
  readonly texts: readonly Html[];
}

/** Room for the texts below the shapes. */
const below = 22;

export function plotHtml({ title, height, marks, width, shapes, texts }: Plot): Html {
  const whole = height + below;
  return html`<div class="plot" role="img" aria-label="${title}">
<svg class="side" width="58" height="${whole}" aria-hidden="true">${marks.map(
    ({ y, text }) => html`<text x="52" y="${Math.round(y) + 4}" text-anchor="end">${text}</text>`,
  )}</svg>
<svg class="main" width="100%" height="${whole}" aria-hidden="true">
<svg width="100%" height="${height}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${marks.map(
    ({ y }) => html`<path class="grid" d="M0 ${y}H${width}"/>`,
  )}${shapes}</svg>${texts}</svg>
</div>`;
}

/** A text at a share of the width, which stays inside the picture. */
export function textAt(share: number, y: number, text: string, name = ""): Html {
  const anchor = share < 0.12 ? "start" : share > 0.88 ? "end" : "middle";
  return html`<text${name === "" ? nothing : html` class="${name}"`} x="${percent(share)}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

/** 0.1234 → "12.34%". */
export function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
