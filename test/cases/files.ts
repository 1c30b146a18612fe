import { posix } from "node:path";
import { parse } from "yaml";
import type { Case, CaseConfig, CaseFile, CaseTensor } from "../../src/diagnostics/case.ts";
import { fileWith, headerOf, toy, toyConfig, toyTensors } from "../checkpoint/toy.ts";
import { config } from "../plans.ts";
import { withPoints } from "../published-numbers.ts";

export type Content = string | Uint8Array | { readonly unreadable: string } | { readonly special: true };
export type Files = Readonly<Record<string, Content>>;

export const planFile = "plan.yaml";

/** Every file of a case. */
export function filesOf(plan: string, { config: model, files = {} }: Pick<Case, "config" | "files">): Files {
  const own = Object.entries(files).map(([path, file]) => [path, contentOf(file)] as const);
  return { [configPath(plan)]: textOf(model), ...Object.fromEntries(own), [planFile]: plan };
}

/** The config.json that a case's plan is judged with. */
export function textOf(model: CaseConfig = "Qwen3-30B-A3B"): string {
  if (typeof model === "object" && "text" in model) return model.text;
  const { of = "Qwen3-30B-A3B", with: changes = {} } =
    typeof model === "string" ? { of: model } : { of: model.of, with: model.with };
  const tree = of === "toy" ? { ...toyConfig, ...toySizes, ...changes } : config(of, changes);
  return withPoints(JSON.stringify(tree, null, 2));
}

/** The toy of the tests of checkpoints, with sizes that the engine can multiply: H 6 and I 4 are too narrow. */
const toySizes = { hidden_size: 24, moe_intermediate_size: 8 };
const widened = new Map([
  [toy.hidden, toySizes.hidden_size],
  [toy.width, toySizes.moe_intermediate_size],
  [2 * toy.width, 2 * toySizes.moe_intermediate_size],
]);

function toyFile({ toy: layouts, dtype = "BF16", with: changes = {} }: ToyFile): Uint8Array {
  const own = Object.entries(toyTensors(...layouts)).map(([name, [, shape]]) => {
    return [name, [dtype, shape.map((dim) => widened.get(dim) ?? dim)]] as const;
  });
  const changed: [string, CaseTensor | undefined][] = Object.entries({ ...Object.fromEntries(own), ...changes });
  return weights(Object.fromEntries(changed.flatMap(([name, tensor]) => (tensor ? [[name, tensor]] : []))));
}

function indexFile({ index, layouts, total_size }: IndexFile): string {
  const weight_map = Object.fromEntries(Object.keys(toyTensors(...layouts)).map((name) => [name, index]));
  return JSON.stringify({ metadata: { total_size }, weight_map });
}

type IndexFile = Extract<CaseFile, { readonly index: string }>;
type ToyFile = Extract<CaseFile, { readonly toy: unknown }>;

/** A safetensors file of tensors, each of one byte over and over. */
function weights(tensors: Readonly<Record<string, CaseTensor>>): Uint8Array {
  const specs = Object.entries(tensors).map(([name, [dtype, shape]]) => [name, [dtype, shape]] as const);
  const { text, bytes } = headerOf(Object.fromEntries(specs));
  const data = Buffer.concat(
    Object.entries(tensors).map(([name, [dtype, shape, byte = 0]]) =>
      Buffer.alloc(headerOf({ [name]: [dtype, shape] }).bytes, byte),
    ),
    bytes,
  );
  return new Uint8Array(Buffer.concat([fileWith(text), data]));
}

/** Where the plan says that the config.json lies. */
function configPath(plan: string): string {
  const written = namedConfig(plan) ?? "config.json";
  return posix.normalize(written.endsWith(".json") ? written : `${written}/config.json`);
}

function namedConfig(plan: string): string | undefined {
  try {
    const named: unknown = parse(plan, { uniqueKeys: false, logLevel: "silent" })?.model?.config;
    return typeof named === "string" && named !== "" ? named : undefined;
  } catch {
    return undefined;
  }
}

export function contentOf(file: CaseFile): Content {
  if (typeof file === "string" || "unreadable" in file || "special" in file) return file;
  if ("base64" in file) return new Uint8Array(Buffer.from(file.base64, "base64"));
  if ("index" in file) return indexFile(file);
  if ("config" in file) return textOf(file.config);
  if ("size" in file) return " ".repeat(file.size);
  if ("header" in file) return fileWith(file.header, file.data);
  if ("tensors" in file) return weights(file.tensors);
  return toyFile(file);
}
