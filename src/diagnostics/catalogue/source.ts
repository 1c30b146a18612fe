import { entries, text } from "../entry.ts";

export const source = entries({
  PLN1001: {
    severity: "error",
    title: "file cannot be read",
    messages: {
      default: text`cannot read ${"file"}: ${"why"}`,
      special: text`${"file"} is not an ordinary file`,
      folder: text`${"file"} is a folder; a file is expected`,
      large: text`${"file"} has ${"size"}; at most ${"limit"} are read`,
    },
    docs: `planc reads the plan, and what the plan names, before it says anything else. The path is taken relative to the
file that names it.`,
  },
  PLN1002: {
    severity: "error",
    title: "file is not UTF-8 text",
    messages: {
      default: text`${"file"} is not UTF-8 text: the byte at offset ${"offset"}, line ${"line"}, is invalid`,
      utf16: text`${"file"} is ${"encoding"} text, not UTF-8`,
      empty: text`${"file"} is empty`,
    },
    help: "save it as UTF-8",
    docs: `Plans and config.json files are UTF-8 text, with or without a byte order mark.`,
  },
  PLN1003: {
    severity: "error",
    title: "syntax error",
    messages: {
      default: text`${"what"}`,
      json: text`not valid JSON: ${"what"}`,
      deep: text`nested more than ${"limit"} levels deep`,
      aliases: text`aliases expand to more than ${"limit"} values`,
      circle: text`alias *${"alias"} stands inside the value that it names`,
      anchor: text`no anchor &${"alias"} stands before this alias`,
      merge: text`<< merges a mapping, or a list of mappings; this is neither`,
      documents: text`more than one document in the file; one is expected`,
      tab: text`tab used for indentation; YAML indents with spaces`,
    },
    docs: `The text is not well-formed YAML 1.2 (a plan) or JSON (a config.json).`,
  },
  PLN1004: {
    severity: "error",
    title: "duplicate key",
    messages: { default: text`key ${"key"} is written twice in the same mapping` },
    help: "keep one of the two",
    docs: `Of two equal keys in one mapping, most readers silently keep the last. planc keeps neither.`,
  },
  PLN1020: {
    severity: "error",
    title: "unknown key",
    messages: {
      default: text`unknown key ${"key"} in ${"where"}`,
      near: text`unknown key ${"key"} in ${"where"}; did you mean ${"near"}?`,
    },
    docs: `Every key of a plan means something. A key that planc does not know is an error, because the tools that it replaces
accept such keys and silently do nothing.

Wrong:

\`\`\`yaml
parallelism:
  ep_sise: 8
\`\`\`

Right:

\`\`\`yaml
parallelism:
  ep_size: 8
\`\`\``,
  },
  PLN1021: {
    severity: "error",
    title: "missing key",
    messages: { default: text`${"where"} lacks the ${"noun"} ${"missing"}` },
    docs: `Some keys have no default, because no default would be right often enough.

Wrong:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
  checkpoint: Qwen/Qwen3-30B-A3B
\`\`\``,
  },
  PLN1022: {
    severity: "error",
    title: "value of the wrong type",
    messages: {
      default: text`${"path"} takes ${"expected"}, not ${"value"}`,
      nothing: text`${"path"} has no value; it takes ${"expected"}`,
    },
    docs: `Numbers are written without quotes, \`true\` and \`false\` in small letters; \`yes\`, \`no\`, \`on\` and \`off\` are text.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: "8"
\`\`\`

Right:

\`\`\`yaml
parallelism:
  ep_size: 8
\`\`\``,
  },
  PLN1023: {
    severity: "error",
    title: "value that is not accepted",
    messages: {
      default: text`${"path"} takes ${"expected"}, not ${"value"}`,
      key: text`${"key"} cannot be a key in ${"path"}`,
    },
    docs: `The value has the right type but is not one of those that the key takes.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: 0
\`\`\`

Right:

\`\`\`yaml
parallelism:
  ep_size: 1
\`\`\``,
  },
  PLN1024: {
    severity: "error",
    title: "not a mapping",
    messages: { default: text`${"file"} holds ${"value"}, not a mapping of keys to values` },
    help: "planc init writes a plan to start from",
    docs: `A plan, and a file that a plan's section names, is a mapping.

Wrong:

\`\`\`yaml
- version: 1
\`\`\`

Right:

\`\`\`yaml
version: 1
\`\`\``,
  },
  PLN1025: {
    severity: "error",
    title: "character that nothing can hold",
    messages: {
      default: text`${"path"} holds a NUL character, which no path, command line or environment variable can`,
      surrogate: text`${"path"} holds ${"character"}, half of a surrogate pair, which is no character by itself`,
    },
    help: "write the text without it",
    docs: `YAML can spell characters that the programs of a bundle could not hand on: the system ends every path, argument
and environment variable at a NUL, and half of a surrogate pair cannot be encoded as UTF-8.

Wrong:

\`\`\`yaml
data:
  path: "corpus\\0.parquet"
\`\`\`

Right:

\`\`\`yaml
data:
  path: corpus.parquet
\`\`\``,
  },
});
