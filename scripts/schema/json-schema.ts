/** `schema/plan.schema.json`: draft-07, with the keywords that editors show. */
import { plancOwned } from "../../src/trainers/trl/options/owned.ts";
import {
  type Declaration,
  type Doc,
  type Form,
  formsOf,
  type Json,
  type Language,
  type Property,
  type Shape,
} from "./language.ts";
import { describeOption, exampleOf, type OptionData, plainOptions, type TrainerData, trainers } from "./trainer.ts";

export interface Schema {
  readonly [keyword: string]: Json;
}

/** Beyond these a whole number is not what was written: JavaScript rounds it. */
const largest = Number.MAX_SAFE_INTEGER;

export function planSchema(language: Language): Schema {
  const sections = [...language.values()].filter((declaration) => declaration.kind === "section");
  const definitions: Record<string, Json> = {};
  for (const section of sections)
    if (section.name !== "PlanFile") definitions[section.name] = sectionSchema(section, language);
  for (const [name, trainer] of Object.entries(trainers))
    definitions[name] = optionsSchema(trainer, declared(language, name).doc);
  const plan = declared(language, "PlanFile");
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "planc plan, version 1",
    ...sectionSchema(plan, language),
    examples: [exampleOfSection(plan, language)],
    defaultSnippets: [
      { label: "plan", description: "A whole plan to start from", body: exampleOfSection(plan, language) },
    ],
    definitions,
  };
}

function sectionSchema(section: Declaration, language: Language): Schema {
  if (section.kind !== "section") throw new Error(`${section.name} is not a section`);
  const properties = section.properties.map((property) => [property.name, propertySchema(section, property, language)]);
  const required = section.properties.filter((property) => property.required).map((property) => property.name);
  return {
    type: "object",
    ...described(section.doc.description),
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function propertySchema(section: Declaration, property: Property, language: Language): Schema {
  const { doc, shape } = property;
  const where = `src/plan/types.ts: ${section.name}.${property.name}`;
  const fallback = doc.default ?? defaultOfShape(shape, language);
  const examples = doc.examples.length > 0 ? doc.examples : examplesOfShape(shape, language);
  if (doc.description === "") throw new Error(`${where} has no description`);
  if (examples.length === 0) throw new Error(`${where} has no @example`);
  if (property.required && doc.default !== undefined) throw new Error(`${where} is required but has a @default`);
  if (!property.required && fallback === undefined && !doc.description.includes("Omitted:")) {
    throw new Error(`${where} may be left out: give it a @default or say what that means after "Omitted:"`);
  }
  return {
    ...described(doc.description, valuesOf(doc, shape, language)),
    ...(property.required || fallback === undefined ? {} : { default: fallback }),
    examples,
    ...shapeSchema(shape, doc, language),
    ...(property.name === "$schema" ? { doNotSuggest: true } : {}),
    ...(doc.limits["pattern"] === undefined ? {} : { patternErrorMessage: doc.description }),
  };
}

/** What is legal, keywords only. Names of scalars are opened; names of sections become references. */
function shapeSchema(shape: Shape, doc: Doc, language: Language): Schema {
  switch (shape.kind) {
    case "string":
      return { type: "string", ...doc.limits };
    case "number":
      return { type: doc.integer ? "integer" : "number", minimum: -largest, maximum: largest, ...doc.limits };
    case "boolean":
      return { type: "boolean" };
    case "literals":
      return shape.values.length === 1 ? { const: shape.values[0] ?? null } : wordsSchema(shape.values, doc);
    case "map": {
      const values = { additionalProperties: shapeSchema(shape.value, doc, language) };
      return { type: "object", ...values, ...(doc.keys === undefined ? {} : { propertyNames: { pattern: doc.keys } }) };
    }
    case "named": {
      const named = declared(language, shape.name);
      if (named.kind === "section" || named.name in trainers) return { $ref: `#/definitions/${named.name}` };
      return shapeSchema(named.shape, named.doc, language);
    }
    case "union": {
      const forms = formsOf(shape, language);
      if (forms.length > 0) return formsSchema(forms, doc);
      const members = shape.members.map((member) => shapeSchema(member, doc, language));
      const scalars = members.every((member) => typeof member["type"] === "string" && member["type"] !== "object");
      if (!scalars) return { anyOf: members };
      return { ...Object.assign({}, ...members), type: members.map((member) => member["type"] ?? null) };
    }
    case "list":
      return { type: "array", items: shapeSchema(shape.value, doc, language) };
    case "unknown":
      return {};
  }
}

/** A mapping of several forms, told apart by its `kind`: only the form that is written is judged. */
function formsSchema(forms: readonly Form[], doc: Doc): Schema {
  const kinds = forms.map(({ kind }) => kind);
  const chosen = forms.map(({ kind, section }) => ({
    if: { properties: { kind: { const: kind } }, required: ["kind"] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { $ref: `#/definitions/${section.name}` },
  }));
  const kind = { ...described("Which of these it is.", doc.values), examples: [...kinds], ...wordsSchema(kinds, doc) };
  return { type: "object", properties: { kind }, required: ["kind"], allOf: chosen };
}

function wordsSchema(values: readonly (string | number)[], doc: Doc): Schema {
  const meanings = values.map((value) => doc.values.get(String(value)) ?? "");
  if (meanings.every((meaning) => meaning === "")) return { enum: values };
  return { enum: values, enumDescriptions: meanings.map(plain), markdownEnumDescriptions: meanings };
}

/** A description for every kind of editor; the meanings of legal words follow it where the schema cannot hold them. */
function described(description: string, values: ReadonlyMap<string, string> = new Map()): Schema {
  const meanings = [...values].map(([value, meaning]) => `\n- \`${value}\`: ${meaning}`).join("");
  const markdown = `${description}${meanings === "" ? "" : `\n${meanings}`}`;
  return { description: plain(description), markdownDescription: markdown };
}

function valuesOf(doc: Doc, shape: Shape, language: Language): ReadonlyMap<string, string> {
  if (doc.values.size > 0 || shape.kind !== "named") return doc.values;
  return declared(language, shape.name).doc.values;
}

function optionsSchema(trainer: TrainerData, doc: Doc): Schema {
  const open = plainOptions(trainer).map(([name, option]) => [name, optionSchema(trainer, name, option)]);
  const owned = Object.entries(plancOwned).map(([name, { key, why }]) => {
    const message = `set by planc, not as an option of the trainer: ${why}${key === undefined ? "" : `. Write ${key} instead`}`;
    return [name, { ...described(message), errorMessage: message, examples: [null], type: "null", doNotSuggest: true }];
  });
  return {
    type: "object",
    ...described(doc.description),
    properties: Object.fromEntries([...open, ...owned]),
    additionalProperties: false,
  };
}

function optionSchema(trainer: TrainerData, name: string, option: OptionData): Schema {
  return {
    ...described(describeOption(trainer, option)),
    default: option.default,
    examples: [exampleOf(name, option)],
    ...typeSchema(option),
  };
}

const jsonTypes: Readonly<Record<string, string>> = {
  int: "integer",
  float: "number",
  bool: "boolean",
  true: "boolean",
  false: "boolean",
  str: "string",
  list: "array",
  dict: "object",
  none: "null",
};

function typeSchema(option: OptionData): Schema {
  const names = option.types.map((name) => jsonTypes[name] ?? "object");
  const values = [...(option.values ?? []), ...Object.keys(option.deprecated_values ?? {})];
  const words = [...new Set(values)];
  const only = names.length === 1 ? names[0] : undefined;
  const list = option.types.includes("list") ? { items: { type: jsonTypes[option.items ?? "str"] ?? "string" } } : {};
  if (words.length === 0) return { type: only ?? names, ...list };
  if (only === "string") return { enum: words };
  const wordy = { enum: words };
  const others = names.filter((name) => name !== "string");
  return {
    anyOf: [wordy, ...others.map((name) => (name === "array" ? { type: name, items: wordy } : { type: name }))],
  };
}

function declared(language: Language, name: string): Declaration {
  const found = language.get(name);
  if (found === undefined) throw new Error(`src/plan/types.ts declares no ${name}`);
  return found;
}

/** The defaults of a section's keys are the section's default, when every key has one. */
function defaultOfShape(shape: Shape, language: Language): Json | undefined {
  if (shape.kind !== "named") return undefined;
  const named = declared(language, shape.name);
  if (named.kind === "alias") return named.doc.default;
  const pairs = named.properties.map((property) => [property.name, property.doc.default] as const);
  return pairs.every(([, value]) => value !== undefined) ? (Object.fromEntries(pairs) as Json) : undefined;
}

function examplesOfShape(shape: Shape, language: Language): readonly Json[] {
  if (shape.kind === "union") return shape.members.slice(0, 1).flatMap((member) => examplesOfShape(member, language));
  if (shape.kind !== "named") return [];
  const named = declared(language, shape.name);
  return named.kind === "section" ? [exampleOfSection(named, language)] : named.doc.examples;
}

/** What someone would write: every key that is required or has no default of its own, but `Omitted:` ones. */
function exampleOfSection(section: Declaration, language: Language): Json {
  if (section.kind !== "section") throw new Error(`${section.name} is not a section`);
  const pairs = section.properties
    .filter(({ required, doc }) => required || !doc.description.includes("Omitted:"))
    .map(({ name, shape, doc }) => [name, doc.examples[0] ?? examplesOfShape(shape, language)[0] ?? null] as const);
  return Object.fromEntries(pairs) as Json;
}

/** Markdown to plain text: for editors that show no Markdown. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
