import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { root } from "../../scripts/root.ts";
import type { Case, Examples } from "../../src/diagnostics/case.ts";

/** A file of `src/` that has cases. */
export interface CaseModule {
  /** From the root of the project. */
  readonly file: string;
  readonly cases: readonly Case[];
  readonly examples: Examples;
  /** The codes that the file reports. */
  readonly codes: ReadonlySet<string>;
}

/** Every file of `src/` that has cases or examples. */
export async function caseModules(): Promise<readonly CaseModule[]> {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .map((name) => `src/${name.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts") && !file.startsWith("src/generated/"))
    .sort();
  const modules: CaseModule[] = [];
  for (const file of files) {
    const text = readFileSync(`${root}${file}`, "utf8");
    if (!/^export const (cases|examples)\b/m.test(text)) continue;
    const { cases = [], examples = {} }: Partial<CaseModule> = await import(`${root}${file}`);
    modules.push({ file, cases, examples, codes: codesIn(parse(file, text)) });
  }
  return modules;
}

/** A rule's codes: those that its file names as text or as a key, and not only in words or in its cases. */
function codesIn(source: ts.SourceFile): ReadonlySet<string> {
  const codes = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && /^(cases|examples)$/.test(node.name.getText(source))) return;
    if ((ts.isStringLiteral(node) || ts.isIdentifier(node)) && /^PLN\d{4}$/.test(node.text)) codes.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return codes;
}

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}
