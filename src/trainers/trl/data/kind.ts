import { isMapping } from "../../../text/values.ts";
import type { Row } from "./first-rows.ts";

/**
 * What a row is, by the trainer's own rules. The bundle judges rows the same way, in `planc_runtime/data/rows.py`; a test
 * lets both judge the same rows.
 */
export interface Kind {
  readonly name: "text" | "messages" | "prompt and completion" | "preferences" | "tokens";
  /** The columns that the trainer reads. */
  readonly columns: readonly string[];
  /** Whether a chat template turns messages into text. */
  readonly isConversation: boolean;
}

/** Why rows are refused; `option` where an option of the trainer's is to blame. */
export interface Objection {
  readonly what: string;
  readonly option?: string;
}

/** The trainer's options that decide what a row becomes. */
export interface Asked {
  /** Rows are pairs, of which one is preferred. */
  readonly preferences: boolean;
  readonly text_field: string;
  readonly completion_only: boolean;
  readonly assistant_only: boolean;
  readonly is_prepared: boolean;
}

const telling: readonly string[] = ["messages", "prompt", "completion", "chosen", "rejected"];

/** The kind of a dataset, of which `row` is the first. Only names count where `isPartial`: values are not known then. */
export function kindOf(row: Row, asked: Asked, isPartial = false): Kind | Objection {
  const has = (name: string) => Object.hasOwn(row, name);
  const picture = ["image", "images"].find(has);
  if (picture !== undefined)
    return { what: `the column ${picture} holds pictures, and the tokenizer reads text alone` };
  if (asked.preferences) return preferences(row);
  if (asked.is_prepared) {
    const missing = ["input_ids", "labels"].find((name) => !has(name));
    if (missing === undefined) return kind("tokens", ["input_ids", "labels"]);
    return { what: `rows that are taken as they are need ${missing}; ${columnsOf(row)}`, option: "dataset_kwargs" };
  }
  const found = withoutOptions(row, asked, isPartial);
  return "what" in found ? found : (optionObjection(found, row, asked) ?? found);
}

function withoutOptions(row: Row, { text_field: field }: Asked, isPartial: boolean): Kind | Objection {
  const has = (name: string) => Object.hasOwn(row, name);
  if (has("input_ids"))
    return kind("tokens", ["input_ids", ...["labels", "assistant_masks", "completion_mask"].filter(has)]);
  if (has("prompt")) return pair(row, field);
  if (has("conversations") && !has("messages")) {
    const first = firstOf(row["conversations"]);
    if (isMapping(first) && "from" in first && "value" in first) return kind("messages", ["conversations"], true);
    if (isMapping(first) && "role" in first)
      return { what: "conversations of role and content are read from a column messages alone; rename the column" };
  }
  if (has("messages")) {
    if (!isMessages(row["messages"]))
      return {
        what: `messages is ${isPartial ? "text" : spelt(row["messages"])}, not a list of messages with role and content`,
      };
    return tellingObjection(row, ["messages"]) ?? kind("messages", ["messages"], true);
  }
  if (has(field)) return tellingObjection(row, []) ?? kind("text", [field]);
  return { what: columnsOf(row) };
}

function pair(row: Row, field: string): Kind | Objection {
  const { prompt, completion } = row;
  if (!Object.hasOwn(row, "completion")) {
    const rest = ["messages", field].find((name) => Object.hasOwn(row, name));
    const advice = rest === undefined ? "add completion" : `drop prompt to train on ${rest}`;
    return { what: `rows have a prompt and no completion, and the trainer reads both or neither; ${advice}` };
  }
  if (isMessages(prompt) !== isMessages(completion))
    return {
      what: `prompt is ${spelt(prompt)} and completion ${spelt(completion)}: both have to be text, or both messages`,
    };
  const objection = tellingObjection(row, ["prompt", "completion"]);
  if (objection !== undefined) return objection;
  if (!isMessages(prompt) && Object.hasOwn(row, field))
    return {
      what: `rows have ${field} beside prompt and completion: the trainer would end the one with the end-of-text token and train on the others; drop one of them`,
    };
  return kind("prompt and completion", ["prompt", "completion"], isMessages(prompt));
}

/** A chosen and a rejected answer, the prompt in a column of its own or at the beginning of both. */
function preferences(row: Row): Kind | Objection {
  const has = (name: string) => Object.hasOwn(row, name);
  if (!has("chosen") || !has("rejected")) return { what: columnsOf(row) };
  const own = ["prompt", "chosen", "rejected"].filter(has);
  if (new Set(own.map((name) => isMessages(row[name]))).size > 1) {
    const types = own.map((name) => `${name} is ${spelt(row[name])}`).join(", ");
    return { what: `${types}: all have to be text, or all messages` };
  }
  return tellingObjection(row, own) ?? kind("preferences", own, isMessages(row["chosen"]));
}

/** Which column decides between text and messages changes from process to process where they disagree. */
function tellingObjection(row: Row, own: readonly string[]): Objection | undefined {
  const isConversation = own[0] !== undefined && isMessages(row[own[0]]);
  const other = telling.find(
    (name) => !own.includes(name) && Object.hasOwn(row, name) && isMessages(row[name]) !== isConversation,
  );
  if (other === undefined) return undefined;
  return {
    what: `the column ${other} is ${spelt(row[other])}: beside ${own.join(" and ") || "text"} the trainer may take rows for conversations on one rank and for text on another; drop it`,
  };
}

function optionObjection({ name, columns, isConversation }: Kind, row: Row, asked: Asked): Objection | undefined {
  const these = `these have ${columns.join(", ")}`;
  if (asked.assistant_only && !telling.some((each) => isMessages(row[each])))
    return {
      what: `needs rows of messages; ${these}${isConversation ? "; rename it, and from and value in it to role and content" : ""}`,
      option: "assistant_only_loss",
    };
  if (
    asked.assistant_only &&
    name === "tokens" &&
    !columns.some((each) => each === "labels" || each === "assistant_masks")
  )
    return { what: "has no effect on input_ids without labels or assistant_masks", option: "assistant_only_loss" };
  const canTell =
    name === "prompt and completion" || ["completion_mask", "labels"].some((each) => Object.hasOwn(row, each));
  if (asked.completion_only && !canTell)
    return {
      what: `needs rows of prompt and completion; ${these}, and the trainer would train on all of it`,
      option: "completion_only_loss",
    };
  return undefined;
}

/** What is wrong with one row of that kind, in the words that follow `row 7 `. */
export function mistakeOf(row: Row, { name, columns, isConversation }: Kind): string | undefined {
  const empty = ["chosen", "rejected"].find((column) => row[column] === "");
  if (name === "preferences" && !columns.includes("prompt") && empty !== undefined)
    return `has an empty ${empty}, which the prompt should begin`;
  for (const column of columns) {
    const value = row[column];
    if (value === undefined || value === null) return `has no ${column}`;
    if (name === "tokens") {
      if (!Array.isArray(value) || !value.every(Number.isInteger))
        return `has ${spelt(value)} as ${column}, not whole numbers`;
      const ids = row["input_ids"];
      if (Array.isArray(ids) && ids.length !== value.length)
        return `has ${value.length} ${column} for ${ids.length} input_ids`;
    } else if (!isConversation) {
      if (typeof value !== "string") return `has ${spelt(value)} as ${column}, not text`;
    } else if (!Array.isArray(value)) return `has ${spelt(value)} as ${column}, not messages`;
    else if (value.length === 0) return `has no message in ${column}`;
    else {
      const [role, content] = column === "conversations" ? ["from", "value"] : ["role", "content"];
      if (value.some((message) => !isMapping(message) || typeof message[role] !== "string"))
        return `has a message without ${role} in ${column}`;
      if (value.some((message) => (message[content] ?? null) === null && !message["tool_calls"]))
        return `has a message without ${content} in ${column}`;
    }
  }
  return undefined;
}

/** What a row may be, in words. */
export function accepted({ text_field: field, preferences: isPair }: Asked): string {
  if (isPair)
    return "a row is chosen and rejected, with a prompt beside them or at the beginning of both, as text or messages";
  const named = field === "text" ? "" : " (dataset_text_field)";
  return `a row is text in a column ${field}${named}, messages, prompt and completion, or tokens in input_ids`;
}

function kind(name: Kind["name"], columns: readonly string[], isConversation = false): Kind {
  return { name, columns, isConversation };
}

function isMessages(value: unknown): boolean {
  const first = firstOf(value);
  return isMapping(first) && "role" in first;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function columnsOf(row: Row): string {
  const names = Object.keys(row);
  const more = names.length > 12 ? ` and ${names.length - 12} more` : "";
  return names.length === 0 ? "rows have no columns" : `the columns are ${names.slice(0, 12).join(", ")}${more}`;
}

function spelt(value: unknown): string {
  if (isMessages(value)) return "messages";
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value))
    return value.length === 0
      ? "an empty list"
      : `a list of ${isMapping(value[0]) ? "mappings" : `${typeof value[0]}s`}`;
  if (typeof value === "string") return "text";
  return { number: "a number", boolean: "a truth value" }[typeof value as string] ?? "a mapping";
}
