/**
 * Compiles `templates/` to `src/generated/templates.js`, which git ignores: a render function for each `*.ejs`, checked
 * against its view's type, and the files of `templates/planc_runtime/` as they are.
 *
 *     npx tsx scripts/templates.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { filesNamedIn } from "../src/bundle/modules.ts";
import { root } from "./root.ts";
import { checkTemplates } from "./templates/check.ts";
import { templatesModule, templatesTypes, type VerbatimFile } from "./templates/module.ts";
import { describeTemplate } from "./templates/template.ts";
import { write } from "./write.ts";

const runtimeFolder = "templates/planc_runtime/";
const notCopied = /(^|\/)(__pycache__\/|\.)|\.pyc$/;

const files = filesBelow("templates");
const templates = files.filter((file) => file.endsWith(".ejs")).map((file) => describeTemplate(file, read(file)));
const copied = files
  .filter((file) => file.startsWith(runtimeFolder) && !notCopied.test(file))
  .map((file) => ({ path: file.slice("templates/".length), content: read(file) }));
const numbers = new Map(copied.map(({ path }, number) => [path, number]));
const runtime: VerbatimFile[] = copied.map((file) => {
  const reached = filesNamedIn(file.path, file.content, (path) => numbers.has(path));
  return { ...file, reaches: reached.map((path) => numbers.get(path) ?? 0).sort((a, b) => a - b) };
});

const { problems, properties } = checkTemplates(templates);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
write("src/generated/templates.js", templatesModule(templates, properties, runtime));
write("src/generated/templates.d.ts", templatesTypes(templates));

function filesBelow(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
    .sort();
}

function read(file: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(`${root}${file}`));
}
