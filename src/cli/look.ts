import type { Look } from "../diagnostics/formats/look.ts";

interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What a stream can show: colours on a terminal only, unless FORCE_COLOR or NO_COLOR says otherwise. */
export function lookOf(stream: Terminal, env: Readonly<Record<string, string | undefined>>): Look {
  return {
    color: hasColor(stream, env),
    unicode: !/^(?!.*utf-?8)./i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || ""),
    width: (stream.isTTY === true && stream.columns) || columnsIn(env) || 80,
    wraps: stream.isTTY === true,
  };
}

/** What a shell has told its children of its window, for output that goes through a pager. */
function columnsIn({ COLUMNS }: Readonly<Record<string, string | undefined>>): number | undefined {
  const columns = Number(COLUMNS);
  return Number.isSafeInteger(columns) && columns >= 40 ? columns : undefined;
}

/** FORCE_COLOR wins over NO_COLOR, as in Node itself. */
function hasColor(stream: Terminal, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return !["0", "false"].includes(forced);
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
