import { capped } from "../diagnostics/capped.ts";
import type { Case } from "../diagnostics/case.ts";
import { PLN1003, PLN1004 } from "../diagnostics/catalogue/source.ts";
import type { Result } from "../diagnostics/diagnostic.ts";
import { Lines } from "../text/lines.ts";
import type { Location, Span } from "../text/location.ts";
import { faultIn } from "./json-fault.ts";
import { placeAt, placesOf, spotAt } from "./json-places.ts";
import type { Path } from "./path.ts";
import type { Source } from "./source.ts";

/** Deeper than any config.json, far from what recursion can take. */
const maxDepth = 64;

/** Parses a config.json as Python's `json` does: JSON, with `NaN` and `Infinity` allowed, which real files contain. */
export function parseJson(file: string, text: string): Result<Source> {
  const lines = new Lines(text);
  const at = (span: Span) => ({ file, range: lines.range(span) });
  let value: unknown;
  try {
    value = JSON.parse(text.includes("NaN") || text.includes("Infinity") ? withoutSpecials(text) : text);
  } catch (error) {
    if (error instanceof RangeError) return deep(at({ start: 0, end: 0 }));
    const { what, ...span } = faultIn(text) ?? { start: 0, end: 0, what: "the text is not JSON" };
    return { value: undefined, diagnostics: [PLN1003(at(span), { what }, { variant: "json" })] };
  }
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return deep(at({ start: tooDeep, end: tooDeep + 1 }));
  const { root, repeated } = placesOf(text);
  if (repeated.length > 0) {
    return {
      value: undefined,
      diagnostics: capped(repeated, ({ name, first, ...span }) => {
        const related = [{ message: "it stands here first", location: at(first) }];
        return PLN1004(at(span), { key: name }, { related });
      }),
    };
  }
  const find = (path: Path) => placeAt(root, path);
  return {
    value: {
      file,
      text,
      value,
      has: (path) => find(path).complete,
      at: (path, part = "value") => {
        const found = find(path);
        const isWhole = found.value.items !== undefined || found.value.members !== undefined;
        if (found.key !== undefined && (part === "key" || !found.complete || isWhole)) return at(found.key);
        return at(isWhole ? { start: found.value.start, end: found.value.start + 1 } : found.value);
      },
      pathAt: (offset) => spotAt(root, offset),
      via: () => [],
      raw: (path) => {
        const { value: place, complete } = find(path);
        const written = text.slice(place.start, place.end);
        return complete && /^-?\d/.test(written) && written !== String(Number(written)) ? written : undefined;
      },
    },
    diagnostics: [],
  };
}

function deep(location: Location): Result<Source> {
  return { value: undefined, diagnostics: [PLN1003(location, { limit: maxDepth }, { variant: "deep" })] };
}

/** Offset at which collections nest too deeply, before anything recursive reads the text. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > maxDepth) return index;
  }
  return undefined;
}

function withoutSpecials(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : "null"));
}

export const cases: readonly Case[] = [
  {
    name: "cut off",
    config: { text: '{\n  "model_type": "qwen3_moe",\n  "num_experts": 12' },
    plan: `
name: plan
#@ config.json 3:[20:20) | "num_experts": 12«» | PLN1003 not valid JSON: the text ends in the middle of a value
`,
  },
  {
    name: "a comma behind the last",
    config: { text: '{\n  "num_experts": 128,\n}\n' },
    plan: `
name: plan
#@ config.json 3:[01:02) | «}» | PLN1003 not valid JSON: a key in double quotes is expected
`,
  },
  {
    name: "a comma forgotten",
    config: { text: '{\n  "num_experts": 128\n  "num_hidden_layers": 4\n}\n' },
    plan: `
name: plan
#@ config.json 3:[03:04) | «"»num_hidden_layers": 4 | PLN1003 not valid JSON: a comma or the end of the collection is expected
`,
  },
  {
    name: "a comma forgotten in a list",
    config: { text: '{ "layer_types": ["full_attention" "full_attention"] }\n' },
    plan: `
name: plan
#@ config.json 1:[36:37) | { "layer_types": ["full_attention" «"»full_attention"] } | PLN1003 not valid JSON: a comma or the end of the collection is expected
`,
  },
  {
    name: "True of Python",
    config: { text: '{ "tie_word_embeddings": True }\n' },
    plan: `
name: plan
#@ config.json 1:[26:30) | { "tie_word_embeddings": «True» } | PLN1003 not valid JSON: unexpected True
`,
  },
  {
    name: "single quotes",
    config: { text: "{ 'num_experts': 128 }\n" },
    plan: `
name: plan
#@ config.json 1:[03:04) | { «'»num_experts': 128 } | PLN1003 not valid JSON: a key in double quotes is expected
`,
  },
  {
    name: "a text over two lines",
    config: { text: '{ "model_type": "qwen3\n_moe" }\n' },
    plan: `
name: plan
#@ config.json 1:[17:23) | { "model_type": «"qwen3» | PLN1003 not valid JSON: a control character stands in a text
`,
  },
  {
    name: "an escape that JSON lacks",
    config: { text: '{ "model_type": "qwen3\\_moe" }\n' },
    plan: `
name: plan
#@ config.json 1:[23:25) | { "model_type": "qwen3«\\_»moe" } | PLN1003 not valid JSON: invalid escape in a text
`,
  },
  {
    name: "a text that does not end",
    config: { text: '{ "model_type": "qwen3_moe }' },
    plan: `
name: plan
#@ config.json 1:[29:29) | { "model_type": "qwen3_moe }«» | PLN1003 not valid JSON: the text ends in the middle of a value
`,
  },
  {
    name: "a comment behind the value",
    config: { text: '{ "model_type": "qwen3_moe" } // of transformers\n' },
    plan: `
name: plan
#@ config.json 1:[31:32) | { "model_type": "qwen3_moe" } «/»/ of transformers | PLN1003 not valid JSON: something stands behind the value
`,
  },
  {
    name: "a fault behind what only Python takes",
    config: { text: '{ "rope_theta": Infinity, "router_aux_loss_coef": NaN, "vocab_size": 0x10 }' },
    plan: `
name: plan
#@ config.json 1:[70:74) | { "rope_theta": Infinity, "router_aux_loss_coef": NaN, "vocab_size": «0x10» } | PLN1003 not valid JSON: unexpected 0x10
`,
  },
  {
    name: "too deep",
    config: {
      text: '{ "a":\n [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ 1 ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }',
    },
    plan: `
name: plan
#@ config.json 2:[65:66) | «[» | PLN1003 nested more than 64 levels deep
`,
  },
  {
    name: "a key twice",
    config: { text: '{\n  "num_experts": 128,\n  "rope_scaling": { "factor": 2.0 },\n  "num_experts": 64\n}\n' },
    plan: `
name: plan
#@ config.json 4:[03:16) | «"num_experts"»: 64 | PLN1004 key num_experts is written twice in the same mapping
#@   help: keep one of the two
#@   related config.json 2:[03:16) | «"num_experts"»: 128, | it stands here first
`,
  },
];
