import type { Examples } from "../diagnostics/case.ts";
import { PLN2002, PLN2003, PLN2004, PLN2005, PLN2006, PLN2008 } from "../diagnostics/catalogue/model.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { suggest } from "../text/suggest.ts";
import { orList } from "../text/words.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

/** The model types that the engine's release can build, so that an unsupported one can be called by what it is. */
export interface KnownTypes {
  readonly moeModelTypes: readonly string[];
  readonly denseModelTypes: ReadonlySet<string>;
  readonly otherModelTypes: ReadonlySet<string>;
  /** `model_type` of a config with a nested MoE text model → that one's own. */
  readonly textConfigOf: ReadonlyMap<string, string>;
}

const supported = orList([...families.keys()]);

/** The family of a config.json. What is not supported is named for what it is, never taken for something else. */
export function findFamily(
  source: Source,
  config: Readonly<Record<string, unknown>>,
  known: KnownTypes,
): Result<Family> {
  const type = config["model_type"];
  const refuse = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  if (type === undefined) return refuse(PLN2002(source.at([]), { supported }));
  const place = source.at(["model_type"]);
  if (typeof type !== "string") {
    return refuse(PLN2008(place, { key: "model_type", expected: "text", value: JSON.stringify(type) }));
  }
  const family = families.get(type);
  if (family !== undefined) return { value: family, diagnostics: [] };
  const nested = known.textConfigOf.get(type) ?? nestedType(config);
  if (nested !== undefined) return refuse(PLN2006(place, { model_type: type, text_type: nested, supported }));
  if (known.denseModelTypes.has(type)) return refuse(PLN2004(place, { model_type: type, supported }));
  if (known.moeModelTypes.includes(type)) return refuse(PLN2005(place, { model_type: type, supported }));
  if (known.otherModelTypes.has(type)) {
    return refuse(PLN2004(place, { model_type: type, supported }, { variant: "other" }));
  }
  const near = suggest(type, families.keys());
  const values = { model_type: type, supported };
  return refuse(near === undefined ? PLN2003(place, values) : PLN2003(place, { ...values, near }, { variant: "near" }));
}

function nestedType(config: Readonly<Record<string, unknown>>): string | undefined {
  const text = config["text_config"];
  if (typeof text !== "object" || text === null || !("model_type" in text)) return undefined;
  return String(text.model_type);
}

export const examples: Examples = {
  PLN2002: { wrong: { json: "config" } },
  PLN2005: { right: { config: { with: { num_hidden_layers: 8 } } } },
};
