import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { checkTemplates } from "../../scripts/templates/check.ts";
import { templatesModule, templatesTypes } from "../../scripts/templates/module.ts";
import { tagsOf } from "../../scripts/templates/tags.ts";
import { describeTemplate } from "../../scripts/templates/template.ts";

const view = `
import type { Literal } from "../../../text/literal.ts";
interface Base { readonly title: string }
export interface JobView extends Base {
  readonly rules: readonly { readonly pattern: string; readonly style: string }[];
  readonly limit?: number;
  readonly options: Readonly<Record<string, Literal>>;
}
`;
const views = new Map([["src/engines/transformers/files/job.ts", view]]);

const sound = `# <%- comment(title) %>
RULES = {
<% for (const rule of rules) { -%>
    <%= rule.pattern %>: <%= rule.style %>,
<% } -%>
}
LIMIT = <%= limit ?? null %>
<%# how many percent signs: 100 %>
OPTIONS = <%= options %>
CLOSE = "<%% not a tag"
`;

function problems(text: string, file = "templates/engines/transformers/job.py.ejs"): readonly string[] {
  return checkTemplates([describeTemplate(file, text)], views).problems;
}

/** The rendered text of a template, through the module that the build would write. */
async function render(text: string, data: object, file = "templates/engines/transformers/job.py.ejs"): Promise<string> {
  const template = describeTemplate(file, text);
  const { properties } = checkTemplates([template], views);
  const source = templatesModule([template], properties, []);
  const stdin = { contents: source, resolveDir: `${root}src/generated` };
  const { outputFiles } = buildSync({ stdin, bundle: true, format: "esm", write: false });
  const code = encodeURIComponent(outputFiles[0]?.text ?? "");
  const module: { renderJob(view: object): string } = await import(`data:text/javascript,${code}`);
  return module.renderJob(data);
}

test("a template that fits its view renders with literals of its language", async () => {
  expect(problems(sound)).toEqual([]);
  const data = {
    title: 'a """ title\n',
    rules: [{ pattern: "model.layers.*.mlp.experts", style: "it's" }],
    limit: undefined,
    options: { fp32: true, rate: 1e-7, none: null },
  };
  expect(await render(sound, data)).toBe(`# a ''' title?
RULES = {
    "model.layers.*.mlp.experts": "it's",
}
LIMIT = None

OPTIONS = {"fp32": True, "rate": 1.0e-7, "none": None}
CLOSE = "<% not a tag"
`);
});

test("an unknown view property fails with the template's line and column", () => {
  expect(problems(sound.replace("<%= options %>", "<%= option %>"))).toEqual([
    "templates/engines/transformers/job.py.ejs:9:15 error: Cannot find name 'option'. Did you mean 'options'? (view: " +
      "src/engines/transformers/files/job.ts)",
  ]);
  expect(problems(sound.replace("rule.style", "rule.stile"))).toEqual([
    expect.stringMatching(
      /^templates\/engines\/transformers\/job\.py\.ejs:4:35 error: .*'stile' does not exist.*'style'/,
    ),
  ]);
});

test("a view property that the template does not use fails", () => {
  expect(problems(sound.replace("<%= options %>", ""))).toEqual([
    "templates/engines/transformers/job.py.ejs:1:1 error: 'options' of JobView is used nowhere in the template (view: " +
      "src/engines/transformers/files/job.ts)",
  ]);
});

test("a value that may be undefined cannot be written", () => {
  expect(problems(sound.replace("limit ?? null", "limit"))).toEqual([
    expect.stringMatching(
      /^templates\/engines\/transformers\/job\.py\.ejs:7:13 error: .*'undefined' is not assignable/,
    ),
  ]);
});

test("a writer takes only what its language has", () => {
  const shell = "<%= title %> <%= rules.length %> <% if (limit) { %>x<% } %> ";
  expect(problems(`${shell}<%= Object.keys(options) %>`, "templates/engines/transformers/job.sh.ejs")).toEqual([]);
  expect(problems(`${shell}<%= options %>`, "templates/engines/transformers/job.sh.ejs")).toEqual([
    expect.stringMatching(/^templates\/engines\/transformers\/job\.sh\.ejs:1:65 error: Argument of type/),
  ]);
});

test("<%- is refused unless it is one call of a helper of the language", () => {
  for (const raw of ["title", "String(title)", "comment(title) + title", "comment(title), title", "code(title)"]) {
    expect(problems(sound.replace("comment(title)", raw)), raw).toContain(
      "templates/engines/transformers/job.py.ejs:1:6 error: <%- %> writes anything as it is; write <%= %> or <%- assignment(…) %> or " +
        "<%- comment(…) %> or <%- entry(…) %> or <%- identifier(…) %>",
    );
  }
});

test("broken code is reported at its line", () => {
  expect(problems(`${sound}<% for (const x of ) { %><% } %>`)).toEqual([
    expect.stringMatching(/^templates\/engines\/transformers\/job\.py\.ejs:11:\d+ error: Expression expected/),
  ]);
  expect(problems(`${sound}<% if (limit) { %>`)[0]).toMatch(
    /^templates\/engines\/transformers\/job\.py\.ejs:11:\d+ error: '}' expected/,
  );
});

test("a template without a view fails", () => {
  expect(problems("x", "templates/engines/transformers/other.py.ejs")).toEqual([
    expect.stringMatching(
      /^templates\/engines\/transformers\/other\.py\.ejs:1:1 error: Cannot find module.*files\/other\.ts/,
    ),
  ]);
});

test("a template without a language fails", () => {
  expect(() => describeTemplate("templates/engines/transformers/job.toml.ejs", "")).toThrow(
    "name it <name>.<py|sh|txt|md|yaml>.ejs",
  );
  expect(() => describeTemplate("templates/jobs/job.py.ejs", "")).toThrow("no views belong to this folder");
});

test("a value that turns out undefined throws instead of printing nothing", async () => {
  await expect(render("<%= title %>", {})).rejects.toThrow("undefined cannot be written as Python");
});

test("types name each view, and the module holds nothing of ejs", () => {
  const template = describeTemplate("templates/bundle/README.md.ejs", "# <%= name %>");
  expect(templatesTypes([template])).toContain('import type { ReadmeView } from "../bundle/readme.ts";');
  expect(templatesTypes([template])).toContain("export function renderReadme(view: ReadmeView): string;");
  const module = templatesModule(
    [template],
    [["name"]],
    [{ path: "planc_runtime/a.py", content: 'x = "`${y}`"\n', reaches: [] }],
  );
  expect(module).not.toMatch(/ejs"|rethrow|with \(/);
  expect(module).toContain('{"path":"planc_runtime/a.py","content":"x = \\"`${y}`\\"\\n","reaches":[]}');
});

test("tags are found with their places", () => {
  const text = "a <%% b %> <%= c -%> <%_ d _%> <%# e %> <%- f %> <% g %>";
  const found = tagsOf(text);
  expect(found.map(({ kind, code }) => [kind, code.trim()])).toEqual([
    ["literal", "c"],
    ["code", "d"],
    ["raw", "f"],
    ["code", "g"],
  ]);
  for (const { code, start } of found) expect(text.slice(start, start + code.length)).toBe(code);
});
