import { dirname, relative } from "node:path/posix";
import { type Tag, tagsOf } from "./tags.ts";
import type { Template } from "./template.ts";

/** A template as a TypeScript function of its view, and where its pieces came from. */
export interface TypedTemplate {
  readonly template: Template;
  /** Where it would lie, beside the generated module, so that its imports are relative to that. */
  readonly file: string;
  readonly text: string;
  /** `[offset in the TypeScript, offset in the template, length]`, ascending. */
  readonly pieces: readonly (readonly [number, number, number])[];
}

/** A module that exports a value of the template's view type, to ask the compiler for its properties. */
export function viewProbe(template: Template): { readonly file: string; readonly text: string } {
  return {
    file: typedFile(template),
    text: `${importView(template)}export declare const view: ${template.name}View;\n`,
  };
}

/** The properties of the view become locals; each tag's code stands in order, its outcome given to a typed writer. */
export function asTypeScript(template: Template, properties: readonly string[]): TypedTemplate {
  const pieces: [number, number, number][] = [];
  const { writer, helpers } = template.language;
  let text = importView(template);
  for (const [name, module] of Object.entries(helpers)) text += `${declare(name, module, name)}void ${name};\n`;
  text += `${declare("writeLiteral", writer, writer)}void writeLiteral;\n`;
  text += "declare const writeRaw: (text: string) => void;\nvoid writeRaw;\n";
  text += `export function render(view: ${template.name}View): void {\n  void view;\n`;
  for (const name of properties) text += `  const ${name} = view.${name};\n`;
  for (const tag of tagsOf(template.text)) {
    const [before, after] = around[tag.kind];
    pieces.push([text.length + before.length, tag.start, tag.code.length]);
    text += `${before}${tag.code}\n${after}`;
  }
  return { template, file: typedFile(template), text: `${text}}\n`, pieces };
}

const around: Readonly<Record<Tag["kind"], readonly [string, string]>> = {
  code: ["", ""],
  literal: ["writeLiteral(", ");\n"],
  raw: ["writeRaw(", ");\n"],
};

function typedFile(template: Template): string {
  return `src/generated/${template.file.replaceAll(/[^A-Za-z0-9]/g, "-")}.ts`;
}

function importView(template: Template): string {
  const from = relative(dirname(typedFile(template)), template.viewFile);
  return `import type { ${template.name}View } from "${from}";\n`;
}

function declare(name: string, module: string, exported: string): string {
  return `declare const ${name}: typeof import("../text/${module}.ts").${exported};\n`;
}
