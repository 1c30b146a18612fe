import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN1001 = diagnostic("PLN1001", {
  severity: "error",
  messages: {
    default: text`cannot read ${"file"}: ${"why"}`,
    special: text`${"file"} is not an ordinary file`,
    folder: text`${"file"} is a folder; a file is expected`,
    large: text`${"file"} has ${"size"}; at most ${"limit"} are read`,
  },
});

export const PLN1002 = diagnostic("PLN1002", {
  severity: "error",
  messages: {
    default: text`${"file"} is not UTF-8 text: the byte at offset ${"offset"}, line ${"line"}, is invalid`,
    utf16: text`${"file"} is ${"encoding"} text, not UTF-8`,
    empty: text`${"file"} is empty`,
  },
  help: "save it as UTF-8",
});

export const PLN1003 = diagnostic("PLN1003", {
  severity: "error",
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
});

export const PLN1004 = diagnostic("PLN1004", {
  severity: "error",
  messages: { default: text`key ${"key"} is written twice in the same mapping` },
  help: "keep one of the two",
});

export const pages = {
  PLN1001: {
    title: "file cannot be read",
    docs: `planc reads the plan, and what the plan names, before it says anything else. The path is taken relative to the
file that names it.`,
  },
  PLN1002: {
    title: "file is not UTF-8 text",
    docs: `Plans and config.json files are UTF-8 text, with or without a byte order mark.`,
  },
  PLN1003: {
    title: "syntax error",
    docs: `The text is not well-formed YAML 1.2 (a plan) or JSON (a config.json).`,
  },
  PLN1004: {
    title: "duplicate key",
    docs: `Of two equal keys in one mapping, most readers silently keep the last. planc keeps neither.`,
  },
} satisfies Pages;
