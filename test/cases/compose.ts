import { readFileSync } from "node:fs";
import { isMap, isScalar, parseDocument, stringify, type YAMLMap } from "yaml";
import type { Example } from "../../src/diagnostics/case.ts";
import { clean, isTree, merge, referenceFor, type Tree } from "./reference.ts";

/** A whole plan made of a part of one. */
export interface Composed {
  readonly text: string;
  /**
   * Offset of the whole plan → offset of the part; undefined inside what was added. At the border an end belongs to
   * what stands before it, a start to what follows.
   */
  back(offset: number, isEnd?: boolean): number | undefined;
}

/** A part of a section as a part of a plan: the section's other keys are those of the reference plan. */
export function inSection(section: string, keys: string): string {
  const from = clean[section];
  const written = parseDocument(keys).contents;
  const lacking = isTree(from) ? missing(isMap(written) ? written : undefined, from, Object.keys(from)) : {};
  const lines = [...keys.trimEnd().split("\n"), ...Object.entries(lacking).map(pairText)];
  return `${section}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

type Context = Pick<Example, "rest" | "config" | "beside">;

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Adds to a part of a plan what the reference plan has and it lacks: sections below it, required keys at the end of
 * theirs. Trainer options that say nothing of saving are told to save nothing, as the reference plan does.
 *
 * @param beside sections and keys over those of the reference plan; these are added whether required or not.
 */
export function compose(part: string, { rest = "all", config, beside = {} }: Context = {}): Composed {
  const reference = merge(referenceFor(config), beside);
  const insertions = rest === "none" ? [] : additions(part, rest, reference, beside);
  let text = part;
  for (const { at, text: added } of insertions.toReversed()) text = text.slice(0, at) + added + text.slice(at);
  return {
    text,
    back(offset, isEnd = false) {
      let shift = 0;
      for (const { at, text: added } of insertions) {
        const from = at + shift;
        if (offset < from || (isEnd && offset === from)) break;
        if (offset < from + added.length || (isEnd && offset === from + added.length)) return undefined;
        shift += added.length;
      }
      return offset - shift;
    },
  };
}

function additions(part: string, rest: "all" | "sections", reference: Tree, beside: Tree): Insertion[] {
  const { contents } = parseDocument(part, { uniqueKeys: false });
  if (contents !== null && !isMap(contents)) return [];
  const root = contents ?? undefined;
  if (root?.has("dpo") && "sft" in reference) {
    const { sft: _, ...others } = reference;
    return additions(part, rest, { ...others, dpo: { save_strategy: "no" } }, beside);
  }
  const keys = rest === "all" && root !== undefined ? missingKeys(part, root, schema, reference, beside) : [];
  const sections = missing(root, reference, Object.keys(reference));
  return [...keys, ...(root?.flow === true ? inFlow(part, root, sections) : below(part, sections))].sort(
    (a, b) => a.at - b.at,
  );
}

/** Keys that mappings below `map` lack: required ones, and those of `beside`. */
function missingKeys(part: string, map: YAMLMap, section: Section, reference: Tree, beside: Tree): Insertion[] {
  return map.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    const inner = sectionOf(section.properties?.[name]);
    const from = reference[name];
    if (!isMap(value) || inner === undefined || !isTree(from)) return [];
    const more = beside[name];
    const also = isTree(more) ? more : {};
    const required = (name === "sft" || name === "dpo") && !saves(value) ? ["save_strategy"] : (inner.required ?? []);
    const lacking = missing(value, from, [...new Set([...required, ...Object.keys(also)])]);
    return [
      ...missingKeys(part, value, inner, from, also),
      ...(value.flow === true ? inFlow(part, value, lacking) : inBlock(part, value, lacking)),
    ];
  });
}

function saves(options: YAMLMap): boolean {
  return options.items.some(({ key }) => isScalar(key) && /^save_/.test(String(key.value)));
}

function missing(map: YAMLMap | undefined, reference: Tree, keys: readonly string[]): Tree {
  const has = (key: string) => map?.has(key) === true || map?.has("<<") === true;
  return Object.fromEntries(keys.filter((key) => key in reference && !has(key)).map((key) => [key, reference[key]]));
}

function below(part: string, keys: Tree): Insertion[] {
  const lines = Object.entries(keys).map((pair) => `${pairText(pair)}\n`);
  const start = part === "" || part.endsWith("\n") ? "" : "\n";
  return lines.length === 0 ? [] : [{ at: part.length, text: `${start}${lines.join("")}` }];
}

function inFlow(part: string, map: YAMLMap, keys: Tree): Insertion[] {
  const inside = part.slice(0, (map.range?.[1] ?? 1) - 1).trimEnd();
  const comma = /[{,]$/.test(inside) ? " " : ", ";
  const pairs = Object.entries(keys).map(pairText);
  return pairs.length === 0 ? [] : [{ at: inside.length, text: `${comma}${pairs.join(", ")}` }];
}

function inBlock(part: string, map: YAMLMap, keys: Tree): Insertion[] {
  const start = map.range?.[0] ?? 0;
  const indent = " ".repeat(start - (part.lastIndexOf("\n", start - 1) + 1));
  // Past comments behind the last value, too.
  const end = part.slice(0, map.range?.[1] ?? 0).trimEnd().length;
  const at = part.indexOf("\n", end) === -1 ? part.length : part.indexOf("\n", end);
  const lines = Object.entries(keys).map((pair) => `\n${indent}${pairText(pair)}`);
  return lines.length === 0 ? [] : [{ at, text: lines.join("") }];
}

function pairText([key, value]: readonly [string, unknown]): string {
  return `${key}: ${stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd()}`;
}

interface Section {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Reference>>;
  readonly definitions?: Readonly<Record<string, Section>>;
}

interface Reference {
  readonly $ref?: string;
  readonly anyOf?: readonly Reference[];
}

const schema: Section = JSON.parse(readFileSync(new URL("../../schema/plan.schema.json", import.meta.url), "utf8"));

function sectionOf(property: Reference | undefined): Section | undefined {
  const references = [property, ...(property?.anyOf ?? [])].map((each) => each?.$ref?.split("/").at(-1) ?? "");
  return references.map((name) => schema.definitions?.[name]).find((each) => each?.properties !== undefined);
}
