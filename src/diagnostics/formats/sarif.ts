import packageJson from "../../../package.json" with { type: "json" };
import type { Location, Range } from "../../text/location.ts";
import type { Diagnostic, Fix } from "../diagnostic.ts";
import type { Catalogue } from "../page.ts";
import { type Format, urlOf } from "./format.ts";

const levels = { error: "error", warning: "warning", info: "note" } as const;

/** SARIF 2.1.0, which code scanning services read, with the page of each code that is reported. */
export const sarif =
  (catalogue: Catalogue): Format =>
  ({ diagnostics }) => {
    const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
    const log = {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: {
              name: "planc",
              version: packageJson.version,
              rules: codes.map((code) => ruleOf(code, catalogue)),
            },
          },
          columnKind: "utf16CodeUnits",
          results: diagnostics.map((diagnostic) => result(diagnostic, codes)),
        },
      ],
    };
    return `${JSON.stringify(log, null, 2)}\n`;
  };

function ruleOf(code: string, catalogue: Catalogue) {
  const entry = catalogue.get(code);
  return {
    id: code,
    shortDescription: { text: entry?.title ?? code },
    help: { text: entry?.docs ?? "", markdown: entry?.docs ?? "" },
    helpUri: urlOf(code),
    defaultConfiguration: { level: levels[entry?.reporter.severity ?? "error"] },
  };
}

function result(
  { code, severity, message, location, related, help, issue, fixes }: Diagnostic,
  codes: readonly string[],
) {
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: levels[severity],
    message: { text: help === undefined ? message : `${message}\nhelp: ${help}` },
    locations: [physical(location)],
    relatedLocations: related.map((other) => ({ ...physical(other.location), message: { text: other.message } })),
    fixes: fixes.map(fixed),
    ...(issue === undefined ? {} : { properties: { issue } }),
  };
}

function fixed({ title, edits }: Fix) {
  const changes = edits.map(({ file, range, newText }) => ({
    artifactLocation: { uri: uriOf(file) },
    replacements: [{ deletedRegion: region(range), insertedContent: { text: newText } }],
  }));
  return { description: { text: title }, artifactChanges: changes };
}

function physical({ file, range }: Location) {
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: region(range) } };
}

function region({ start, end }: Range) {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

function uriOf(file: string): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return file.startsWith("/") ? `file://${path}` : path;
}
