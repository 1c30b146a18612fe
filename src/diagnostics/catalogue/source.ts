import { entries, text } from "../entry.ts";

export const source = entries({
  PLN1001: {
    severity: "error",
    title: "file cannot be read",
    messages: {
      default: text`cannot read ${"file"}: ${"why"}`,
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
      default: text`${"file"} is not UTF-8 text: byte ${"offset"} is invalid`,
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
      deep: text`nested more than ${"limit"} levels deep`,
      aliases: text`aliases expand to more than ${"limit"} values`,
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
});
