import type { Location } from "../../text/location.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { type Format, urlOf } from "./format.ts";
import { countOf } from "./summary.ts";

/** One object; lines and characters from zero, in UTF-16 code units, as editors count. */
export const json: Format = ({ diagnostics }) => {
  const { errors, warnings } = countOf(diagnostics);
  return `${JSON.stringify({ version: 1, summary: { errors, warnings }, diagnostics: diagnostics.map(record) }, null, 2)}\n`;
};

function record({ code, severity, message, location, related, help, issue, fixes }: Diagnostic) {
  return {
    code,
    severity,
    message,
    ...place(location),
    related: related.map((other) => ({ message: other.message, ...place(other.location) })),
    help: help ?? null,
    issue: issue ?? null,
    fixes,
    url: urlOf(code),
  };
}

function place({ file, range }: Location) {
  return { file, range };
}
