/** The plan language as its TypeScript types declare it, tags included: what the schema and the reference are made of. */
import {
  type InterfaceDeclaration,
  type JSDocableNode,
  Node,
  Project,
  type SourceFile,
  SyntaxKind,
  type TypeNode,
} from "ts-morph";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export type Shape =
  | { readonly kind: "string" | "number" | "boolean" | "unknown" }
  | { readonly kind: "literals"; readonly values: readonly (string | number)[] }
  | { readonly kind: "map" | "list"; readonly value: Shape }
  | { readonly kind: "union"; readonly members: readonly Shape[] }
  | { readonly kind: "named"; readonly name: string };

export interface Doc {
  readonly description: string;
  readonly default: Json | undefined;
  readonly examples: readonly Json[];
  /** Legal word → what it means. */
  readonly values: ReadonlyMap<string, string>;
  readonly integer: boolean;
  /** Pattern for the keys of a free mapping. */
  readonly keys: string | undefined;
  /** Schema keywords: minimum, maximum, minLength, maxLength, pattern. */
  readonly limits: Readonly<Record<string, Json>>;
}

export interface Property {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
  readonly doc: Doc;
}

export type Declaration =
  | { readonly kind: "section"; readonly name: string; readonly doc: Doc; readonly properties: readonly Property[] }
  | { readonly kind: "alias"; readonly name: string; readonly doc: Doc; readonly shape: Shape };

export type Language = ReadonlyMap<string, Declaration>;

/** Reads the interfaces and type aliases of a file and of those that it exports, from `PlanFile` in order of mention. */
export function readLanguage(file: string): Language {
  const project = new Project({ skipAddingFilesFromTsConfig: true });
  const source = project.addSourceFileAtPath(file);
  project.resolveSourceFileDependencies();
  const parts = source.getExportDeclarations().map((part) => part.getModuleSpecifierSourceFileOrThrow());
  const files = [source, ...parts];
  const declarations = files.flatMap(declarationsOf);
  const bases = new Set(files.flatMap((part) => part.getInterfaces().flatMap((node) => basesOf(node).map(nameOf))));
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const language = new Map<string, Declaration>();
  const mention = (name: string): void => {
    const declaration = byName.get(name);
    if (declaration === undefined) throw new Error(`src/plan/types.ts declares no ${name}`);
    if (language.has(name)) return;
    language.set(name, declaration);
    const shapes =
      declaration.kind === "alias" ? [declaration.shape] : declaration.properties.map(({ shape }) => shape);
    shapes.flatMap(namesIn).forEach(mention);
  };
  mention("PlanFile");
  const [unused] = declarations.filter(({ name }) => !language.has(name) && !bases.has(name));
  if (unused !== undefined) throw new Error(`nothing in the plan language mentions ${unused.name}`);
  return language;
}

function namesIn(shape: Shape): readonly string[] {
  if (shape.kind === "named") return [shape.name];
  if (shape.kind === "map" || shape.kind === "list") return namesIn(shape.value);
  return shape.kind === "union" ? shape.members.flatMap(namesIn) : [];
}

function declarationsOf(source: SourceFile): Declaration[] {
  return [
    ...source.getInterfaces().map(
      (node): Declaration => ({
        kind: "section",
        name: node.getName(),
        doc: docOf(node),
        properties: [node, ...basesOf(node)]
          .flatMap((part) => part.getProperties())
          .map((property) => ({
            name: property.getName().replaceAll('"', ""),
            required: !property.hasQuestionToken(),
            shape: shapeOf(property.getTypeNodeOrThrow()),
            doc: docOf(property),
          })),
      }),
    ),
    ...source.getTypeAliases().map(
      (node): Declaration => ({
        kind: "alias",
        name: node.getName(),
        doc: docOf(node),
        shape: shapeOf(node.getTypeNodeOrThrow()),
      }),
    ),
  ];
}

/** What an interface extends: its own properties come first. */
function basesOf(node: InterfaceDeclaration): readonly InterfaceDeclaration[] {
  return node.getBaseDeclarations().filter((base) => Node.isInterfaceDeclaration(base));
}

function nameOf(node: InterfaceDeclaration): string {
  return node.getName();
}

function shapeOf(node: TypeNode): Shape {
  if (Node.isUnionTypeNode(node)) return unionOf(node.getTypeNodes().map(shapeOf));
  if (Node.isLiteralTypeNode(node)) return { kind: "literals", values: [JSON.parse(node.getText())] };
  if (node.getKind() === SyntaxKind.StringKeyword) return { kind: "string" };
  if (node.getKind() === SyntaxKind.NumberKeyword) return { kind: "number" };
  if (node.getKind() === SyntaxKind.BooleanKeyword) return { kind: "boolean" };
  if (node.getKind() === SyntaxKind.UnknownKeyword) return { kind: "unknown" };
  if (Node.isTypeOperatorTypeNode(node)) return shapeOf(node.getTypeNode());
  if (Node.isArrayTypeNode(node)) return { kind: "list", value: shapeOf(node.getElementTypeNode()) };
  if (Node.isTypeReference(node)) {
    const name = node.getTypeName().getText();
    const [first, second] = node.getTypeArguments();
    if (name === "Readonly" && first !== undefined) return shapeOf(first);
    if (name === "Record" && second !== undefined) return { kind: "map", value: shapeOf(second) };
    return { kind: "named", name };
  }
  throw new Error(`the plan language has no shape for the type ${node.getText()}`);
}

function unionOf(members: readonly Shape[]): Shape {
  const literals = members.flatMap((member) => (member.kind === "literals" ? member.values : []));
  const others = members.filter((member) => member.kind !== "literals");
  if (others.length === 0) return { kind: "literals", values: literals };
  const words: Shape[] = literals.length === 0 ? [] : [{ kind: "literals", values: literals }];
  return { kind: "union", members: [...words, ...others] };
}

/** One form of a mapping that has several, and what its `kind` says then. */
export interface Form {
  readonly kind: string;
  readonly section: Declaration & { readonly kind: "section" };
}

/** The forms of a union of sections that each have another `kind`; none for other shapes. */
export function formsOf(shape: Shape, language: Language): readonly Form[] {
  if (shape.kind !== "union") return [];
  return shape.members.flatMap((member) => {
    const section = member.kind === "named" ? language.get(member.name) : undefined;
    if (section?.kind !== "section") return [];
    const kind = section.properties.find(({ name }) => name === "kind")?.shape;
    return kind?.kind === "literals" ? [{ kind: String(kind.values[0]), section }] : [];
  });
}

const limitTags = new Set(["minimum", "maximum", "minLength", "maxLength"]);

function docOf(node: JSDocableNode): Doc {
  const doc = node.getJsDocs().at(-1);
  const examples: Json[] = [];
  const values = new Map<string, string>();
  const limits: Record<string, Json> = {};
  let fallback: Json | undefined;
  let integer = false;
  let keys: string | undefined;
  for (const tag of doc?.getTags() ?? []) {
    const name = tag.getTagName();
    const text = tag.getCommentText()?.trim() ?? "";
    if (name === "example") examples.push(JSON.parse(text));
    else if (name === "default") fallback = JSON.parse(text);
    else if (name === "value") values.set(...splitWord(text));
    else if (name === "integer") integer = true;
    else if (name === "keys") keys = text;
    else if (name === "pattern") limits["pattern"] = text;
    else if (limitTags.has(name)) limits[name] = JSON.parse(text);
    else throw new Error(`the plan language: unknown tag @${name}`);
  }
  const description = (doc?.getDescription() ?? "").trim().replace(/\s*\n\s*/g, " ");
  return { description, default: fallback, examples, values, integer, keys, limits };
}

function splitWord(text: string): [string, string] {
  const [word = "", ...rest] = text.split(/\s+/);
  return [word, rest.join(" ")];
}
