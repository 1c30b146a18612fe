import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN1020 = diagnostic("PLN1020", {
  severity: "error",
  messages: {
    default: text`unknown key ${"key"} in ${"where"}`,
    near: text`unknown key ${"key"} in ${"where"}; did you mean ${"near"}?`,
  },
});

export const PLN1021 = diagnostic("PLN1021", {
  severity: "error",
  messages: { default: text`${"where"} lacks the ${"noun"} ${"missing"}` },
});

export const PLN1022 = diagnostic("PLN1022", {
  severity: "error",
  messages: {
    default: text`${"path"} takes ${"expected"}, not ${"value"}`,
    nothing: text`${"path"} has no value; it takes ${"expected"}`,
  },
});

export const PLN1023 = diagnostic("PLN1023", {
  severity: "error",
  messages: {
    default: text`${"path"} takes ${"expected"}, not ${"value"}`,
    key: text`${"key"} cannot be a key in ${"path"}`,
  },
});

export const PLN1024 = diagnostic("PLN1024", {
  severity: "error",
  messages: { default: text`${"file"} holds ${"value"}, not a mapping of keys to values` },
  help: "planc init writes a plan to start from",
});

export const PLN1025 = diagnostic("PLN1025", {
  severity: "error",
  messages: {
    default: text`${"path"} holds a NUL character, which no path, command line or environment variable can`,
    surrogate: text`${"path"} holds ${"character"}, half of a surrogate pair, which is no character by itself`,
  },
  help: "write the text without it",
});

export const pages = {
  PLN1020: {
    title: "unknown key",
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
    title: "missing key",
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
    title: "value of the wrong type",
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
    title: "value that is not accepted",
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
    title: "not a mapping",
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
    title: "character that nothing can hold",
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
} satisfies Pages;
