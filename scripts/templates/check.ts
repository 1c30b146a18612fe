/**
 * Type-checks templates: whatever the compiler says about a template's TypeScript is said about the template, at the
 * template's own line. So a property that the view has not, that may be undefined, or that no tag uses fails the build.
 */
import ts from "typescript";
import { asTypeScript, type TypedTemplate, viewProbe } from "./as-typescript.ts";
import { programOf, sourceOf } from "./program.ts";
import { tagsOf } from "./tags.ts";
import type { Template } from "./template.ts";

export interface Checking {
  /** `file:line:column error: …`; none when every template fits its view. */
  readonly problems: readonly string[];
  /** The properties of each template's view, in the order of the templates. */
  readonly properties: readonly (readonly string[])[];
}

/** `extra`: path → text of views that lie on no disk. */
export function checkTemplates(
  templates: readonly Template[],
  extra: ReadonlyMap<string, string> = new Map(),
): Checking {
  const probes = templates.map(viewProbe);
  const probing = program(probes, extra);
  const properties = probes.map(({ file }) => propertiesOf(probing, file));
  const typed = templates.map((template, index) => asTypeScript(template, properties[index] ?? []));
  const checking = program(typed, extra);
  const problems = typed.flatMap((each) => [...rawTags(each.template), ...typeErrors(checking, each)]);
  return { problems: [...new Set(problems)], properties };
}

function program(
  files: readonly { readonly file: string; readonly text: string }[],
  extra: ReadonlyMap<string, string>,
) {
  const names = files.map(({ file }) => file);
  return programOf(names, new Map([...extra, ...files.map(({ file, text }) => [file, text] as const)]));
}

/** The names of a view's properties, inherited ones too; none where there is no such view. */
function propertiesOf(probing: ts.Program, file: string): string[] {
  const checker = probing.getTypeChecker();
  const source = sourceOf(probing, file);
  const symbol = source && checker.getSymbolAtLocation(source);
  const view = symbol && checker.getExportsOfModule(symbol).find(({ name }) => name === "view");
  return view === undefined ? [] : checker.getPropertiesOfType(checker.getTypeOfSymbol(view)).map(({ name }) => name);
}

function typeErrors(checking: ts.Program, typed: TypedTemplate): string[] {
  const source = sourceOf(checking, typed.file);
  const syntax = checking.getSyntacticDiagnostics(source);
  const found = syntax.length > 0 ? syntax : checking.getSemanticDiagnostics(source);
  // A name that is misspelt is unused too: one mistake, one message.
  const unused = found.filter((diagnostic) => unusedProperty(typed, diagnostic) !== undefined);
  const others = found.filter((diagnostic) => !unused.includes(diagnostic));
  return (others.length > 0 ? others : unused).map((diagnostic) => sentence(typed, diagnostic));
}

/** The view's property that a diagnostic calls unused. */
function unusedProperty({ pieces }: TypedTemplate, { start = 0, messageText }: ts.Diagnostic): string | undefined {
  const inTemplate = pieces.some(([from]) => from <= start);
  return inTemplate
    ? undefined
    : /^'(.+)' is declared but/.exec(ts.flattenDiagnosticMessageText(messageText, " "))?.[1];
}

function sentence(typed: TypedTemplate, diagnostic: ts.Diagnostic): string {
  const { template, pieces } = typed;
  const at = diagnostic.start ?? 0;
  const piece = pieces.findLast(([start]) => start <= at);
  const offset = piece === undefined ? 0 : piece[1] + Math.min(at - piece[0], piece[2]);
  const property = unusedProperty(typed, diagnostic);
  const said =
    property === undefined
      ? ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")
      : `'${property}' of ${template.name}View is used nowhere in the template`;
  return `${place(template, offset)} error: ${said} (view: ${template.viewFile})`;
}

/** What is wrong with the `<%- %>` of a template: each may only hold one call of a listed helper. */
function rawTags(template: Template): string[] {
  const allowed = Object.keys(template.language.helpers);
  const instead = ["<%= %>", ...allowed.map((name) => `<%- ${name}(…) %>`)].join(" or ");
  return tagsOf(template.text)
    .filter((tag) => tag.kind === "raw" && !isCallOf(tag.code, allowed))
    .map((tag) => `${place(template, tag.start)} error: <%- %> writes anything as it is; write ${instead}`);
}

function isCallOf(code: string, names: readonly string[]): boolean {
  const source = ts.createSourceFile("raw.ts", `(${code}\n)`, ts.ScriptTarget.ES2022);
  const [statement, ...rest] = source.statements;
  if (statement === undefined || rest.length > 0 || !ts.isExpressionStatement(statement)) return false;
  const inner = ts.isParenthesizedExpression(statement.expression) ? statement.expression.expression : undefined;
  return inner !== undefined && ts.isCallExpression(inner) && names.includes(inner.expression.getText(source));
}

function place(template: Template, offset: number): string {
  const lines = template.text.slice(0, offset).split("\n");
  return `${template.file}:${lines.length}:${(lines.at(-1) ?? "").length + 1}`;
}
