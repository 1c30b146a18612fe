/** One `<% … %>` of a template. */
export interface Tag {
  readonly kind: "code" | "literal" | "raw";
  readonly code: string;
  /** Offset of the code in the template. */
  readonly start: number;
}

/** The tags that hold code, in order: `<% %>`, `<%= %>` and `<%- %>`. Comments and `<%%` hold none. */
export function tagsOf(text: string): Tag[] {
  const tags: Tag[] = [];
  for (let open = text.indexOf("<%"); open !== -1; ) {
    const mark = text[open + 2] ?? "";
    const close = mark === "%" ? open + 1 : text.indexOf("%>", open + 2);
    if (close === -1) return tags;
    if (mark !== "%" && mark !== "#") {
      const start = open + (mark === "=" || mark === "-" || mark === "_" ? 3 : 2);
      const end = /[-_]/.test(text[close - 1] ?? "") && close > start ? close - 1 : close;
      const kind = mark === "=" ? "literal" : mark === "-" ? "raw" : "code";
      tags.push({ kind, code: text.slice(start, end), start });
    }
    open = text.indexOf("<%", close + 2);
  }
  return tags;
}
