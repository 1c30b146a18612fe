import type { Literal } from "../../../text/literal.ts";

/** What the release of PEFT does that a release of transformers is read with: `scripts/extract_adapters.py` writes it. */
export interface Peft {
  /** The release that was read. */
  readonly version: string;
  /** Options of LoraConfig and their defaults. */
  readonly options: Readonly<Record<string, Literal>>;
  /**
   * Of a model type whose experts had modules of their own in older releases of transformers: module then → parameter now, by
   * the last part of their names. PEFT takes each target with such a name for the parameter, whatever module it was meant for.
   */
  renamed(modelType: string): Readonly<Record<string, string>> | undefined;
  /** Parameter now → the modules that are fused in it: PEFT wants all of them or none, and gives each the rank. */
  fused(modelType: string): Readonly<Record<string, readonly string[]>>;
  /** Whether the stacked experts of a language model have their inputs as rows. */
  isTransposed(textType: string): boolean;
  /** Whether PEFT takes modules of the class for linear layers. */
  isLinear(className: string): boolean;
  /** The class of a module with a matrix that is no plain linear layer; its name from its layer on. */
  otherModule(textType: string, name: string): string | undefined;
}

interface PeftFile {
  readonly peft: string;
  readonly options: Readonly<Record<string, Literal>>;
  readonly renamed: object;
  readonly names: object;
  readonly fused: object;
  readonly transposed: readonly string[];
  readonly linear_classes: readonly string[];
  readonly other_modules: object;
}

export function readPeft(file: PeftFile): Peft {
  const renamed = new Map<string, string>(Object.entries(file.renamed));
  const names = new Map<string, Readonly<Record<string, string>>>(Object.entries(file.names));
  const fused = new Map<string, Readonly<Record<string, readonly string[]>>>(Object.entries(file.fused));
  const others = new Map<string, Readonly<Record<string, string>>>(Object.entries(file.other_modules));
  return {
    version: file.peft,
    options: file.options,
    renamed: (modelType) => names.get(renamed.get(modelType) ?? ""),
    fused: (modelType) => fused.get(renamed.get(modelType) ?? "") ?? {},
    isTransposed: (textType) => file.transposed.includes(textType),
    isLinear: (className) => file.linear_classes.includes(className),
    otherModule: (textType, name) => others.get(textType)?.[name],
  };
}
