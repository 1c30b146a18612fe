import ts from "typescript";
import { isAnnotation } from "./annotate.ts";
import { parse } from "./source.ts";

/** A file's text with the annotations of its cases replaced. `plans`: what each case's plan should be, in order. */
export function recorded(file: string, text: string, plans: readonly string[]): string {
  const literals = planLiterals(file, text);
  if (literals.length !== plans.length)
    throw new Error(`${file}: ${plans.length} cases, but ${literals.length} plans are written under cases`);
  return literals.reduceRight((now, { start, end }, index) => {
    const plan = literalOf(now.slice(start, end), plans[index] ?? "");
    if (plan === undefined)
      throw new Error(`${file}: the lines of a case's plan have to be lines of its template literal`);
    return now.slice(0, start) + plan + now.slice(end);
  }, text);
}

/** The raw text of a template literal with the annotations of `plan` in the place of its own; its other lines stay. */
function literalOf(raw: string, plan: string): string | undefined {
  const own = raw.split("\n").filter((line) => !isAnnotation(line));
  const lines = plan.split("\n");
  if (lines.filter((line) => !isAnnotation(line)).length !== own.length) return undefined;
  return lines.map((line) => (isAnnotation(line) ? escaped(line) : own.shift())).join("\n");
}

function escaped(line: string): string {
  return line.replace(/[\\`]|\$(?=\{)/g, "\\$&");
}

/** Where the text of each case's plan stands, without the backticks. */
function planLiterals(file: string, text: string): { readonly start: number; readonly end: number }[] {
  const source = parse(file, text);
  const found: { readonly start: number; readonly end: number }[] = [];
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText(source) !== "cases" || initializer === undefined) continue;
      if (!ts.isArrayLiteralExpression(initializer)) throw new Error(`${file}: cases is no list`);
      for (const element of initializer.elements) {
        const plan = ts.isObjectLiteralExpression(element) ? element.properties.find(isPlan) : undefined;
        const literal = plan && ts.isPropertyAssignment(plan) ? plan.initializer : undefined;
        if (literal === undefined || !ts.isNoSubstitutionTemplateLiteral(literal)) {
          const { line } = source.getLineAndCharacterOfPosition(element.getStart(source));
          throw new Error(`${file}:${line + 1}: a case's plan is a template literal without holes`);
        }
        found.push({ start: literal.getStart(source) + 1, end: literal.getEnd() - 1 });
      }
    }
  }
  return found;
}

function isPlan(property: ts.ObjectLiteralElementLike): boolean {
  return property.name !== undefined && ts.isIdentifier(property.name) && property.name.text === "plan";
}
