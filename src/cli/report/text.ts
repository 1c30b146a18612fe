import { type Look, paint } from "../../diagnostics/formats/look.ts";
import type { Subject } from "../../report/read/run.ts";
import { summaryOf } from "../../report/text.ts";
import { fold } from "../../text/fold.ts";
import { visible } from "../../text/visible.ts";
import { table } from "../explain/table.ts";

/** The report in short. */
export function reportText(subject: Subject, look: Look): string {
  const width = look.width - 2;
  const { headline, sections } = summaryOf(subject);
  const blocks = sections.map(({ title, rows }) =>
    [paint(look, "strong", title), ...table(rows, numeric(rows), width).map((line) => `  ${visible(line)}`)].join("\n"),
  );
  return `${[fold(headline, look.width).map(visible).join("\n"), ...blocks].join("\n\n")}\n`;
}

/** The first column, where it is numbers. */
function numeric(rows: readonly (readonly string[])[]): readonly number[] {
  return rows.every(([first = ""]) => /^\d/.test(first)) ? [0] : [];
}
