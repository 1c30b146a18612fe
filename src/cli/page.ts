import { type Look, paint } from "../diagnostics/formats/look.ts";

/** A docs page on a terminal: headings bold, examples indented instead of fenced. Elsewhere the Markdown as it is. */
export function paintPage(page: string, look: Look): string {
  if (!look.color) return page;
  let isExample = false;
  const rows = page.split("\n").flatMap((line) => {
    if (line.startsWith("```")) {
      isExample = !isExample;
      return [];
    }
    if (isExample) return [`    ${paint(look, "place", line)}`];
    if (line.startsWith("#")) return [paint(look, "strong", line.replace(/^#+ /, ""))];
    if (/^(Wrong|Right)\b/.test(line)) return [paint(look, line.startsWith("W") ? "error" : "fix", line)];
    return [line];
  });
  return rows.join("\n");
}
