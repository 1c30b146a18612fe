/** Rows for those who judge rows: what is said of them, and what TRL's trainer does with them. */
export type Tree = Readonly<Record<string, unknown>>;

export interface Case {
  readonly rows: readonly Tree[];
  readonly options?: Tree;
  readonly tokenizer?: Tree;
  /** Left out: sft. */
  readonly task?: "dpo";
}

const said = (role: string, content: unknown) => ({ role, content });
const talk = [said("user", "hi"), said("assistant", "the sky")];
const plainTemplate = "{% for m in messages %}{{ m['content'] }}{% endfor %}";

/** Rows that train: their kind, and the text in the loss. */
export const fine: readonly (readonly [what: string, kind: string, loss: string, made: Case])[] = [
  [
    "another text field",
    "text",
    "he sky<|im_end|>",
    { rows: [{ body: "the sky" }], options: { dataset_text_field: "body" } },
  ],
  [
    "prompt and completion, all in the loss",
    "prompt and completion",
    "he sky<|im_end|>",
    { rows: [{ prompt: "the", completion: " sky" }], options: { completion_only_loss: false } },
  ],
  [
    "messages beside text",
    "messages",
    "user\nhi<|im_end|>\n",
    { rows: [{ text: "a", messages: [said("user", "hi")] }] },
  ],
  ["a mask that nothing asks for", "tokens", '"#', { rows: [{ input_ids: [3, 4, 5], completion_mask: [0, 0, 1] }] }],
  [
    "roles that templates do not know",
    "messages",
    "human\nhi<|im_end|>\n",
    { rows: [{ conversations: [{ from: "human", value: "hi" }] }] },
  ],
  ["an empty text", "text", "", { rows: [{ text: "" }] }],
  [
    "rows that are ready",
    "tokens",
    "#",
    {
      rows: [{ input_ids: [3, 4, 5], labels: [-100, -100, 5] }],
      options: { dataset_kwargs: { skip_prepare_dataset: true } },
    },
  ],
  [
    "a prompt and two answers",
    "preferences",
    " sky<|im_end|>",
    { task: "dpo", rows: [{ prompt: "the", chosen: " sky", rejected: " sea" }] },
  ],
  [
    "two answers that begin alike",
    "preferences",
    "sky<|im_end|>",
    { task: "dpo", rows: [{ chosen: "the sky", rejected: "the sea" }] },
  ],
  [
    "messages and two answers",
    "preferences",
    "the sky<|im_end|>\n",
    {
      task: "dpo",
      rows: [
        { prompt: [said("user", "hi")], chosen: [said("assistant", "the sky")], rejected: [said("assistant", "sea")] },
      ],
    },
  ],
  [
    "two conversations that begin alike",
    "preferences",
    "the sky<|im_end|>\n",
    { task: "dpo", rows: [{ chosen: talk, rejected: [said("user", "hi"), said("assistant", "sea")] }] },
  ],
  [
    "the same answer twice",
    "preferences",
    " sky<|im_end|>",
    { task: "dpo", rows: [{ prompt: "the", chosen: " sky", rejected: " sky" }] },
  ],
  [
    "a prompt that is in the answers too",
    "preferences",
    "the sky<|im_end|>",
    { task: "dpo", rows: [{ prompt: "the", chosen: "the sky", rejected: "the sea" }] },
  ],
  [
    "pairs without a common beginning",
    "preferences",
    "<|im_end|>",
    { task: "dpo", rows: [{ chosen: "sky", rejected: "ea" }] },
  ],
];

/** Rows that are refused, the sentence, and what TRL's trainer does with them: it stops, or trains on something else. */
export const refused: readonly (readonly [what: string, error: RegExp, trl: "stops" | "silent", made: Case])[] = [
  [
    "no column that is known",
    /the columns are content, id; a row is text in a column text, messages, prompt and completion, or tokens/,
    "stops",
    { rows: [{ content: "x", id: 1 }] },
  ],
  [
    "another field than the options say",
    /a row is text in a column body \(dataset_text_field\)/,
    "stops",
    { rows: [{ text: "x" }], options: { dataset_text_field: "body" } },
  ],
  ["conversations of roles", /rename the column/, "stops", { rows: [{ conversations: talk }] }],
  [
    "a prompt alone",
    /a prompt and no completion.*drop prompt to train on messages/,
    "stops",
    { rows: [{ prompt: "hi", messages: talk }] },
  ],
  ["a null text", /row 1 has no text/, "stops", { rows: [{ text: "a" }, { text: null }] }],
  ["a number", /row 0 has a number as text/, "stops", { rows: [{ text: 5 }] }],
  ["no messages", /row 1 has no message in messages/, "stops", { rows: [{ messages: talk }, { messages: [] }] }],
  [
    "a message without content",
    /row 0 has a message without content/,
    "stops",
    { rows: [{ messages: [said("user", null)] }] },
  ],
  [
    "no chat template",
    /need a chat template/,
    "stops",
    { rows: [{ messages: talk }], tokenizer: { chat_template: null } },
  ],
  [
    "no marks in the template",
    /\{% generation %\}/,
    "stops",
    { rows: [{ messages: talk }], options: { assistant_only_loss: true }, tokenizer: { chat_template: plainTemplate } },
  ],
  ["no end of text", /no end-of-text token/, "stops", { rows: [{ text: "a" }], tokenizer: { eos_token: null } }],
  [
    "an unknown end of text",
    /eos_token <nope> is not in the tokenizer's vocabulary of 286/,
    "stops",
    { rows: [{ text: "a" }], options: { eos_token: "<nope>" } },
  ],
  [
    "text for the assistant's part",
    /assistant_only_loss needs rows of messages; these have text/,
    "stops",
    { rows: [{ text: "a" }], options: { assistant_only_loss: true } },
  ],
  ["pictures", /holds pictures/, "stops", { rows: [{ image: "x", text: "a" }] }],
  [
    "half text, half messages",
    /prompt is text and completion messages/,
    "stops",
    { rows: [{ prompt: "the", completion: [said("assistant", "x")] }] },
  ],
  ["a null completion", /row 0 has no completion/, "stops", { rows: [{ prompt: "the", completion: null }] }],
  ["words as tokens", /a list of str as input_ids, not whole numbers/, "stops", { rows: [{ input_ids: ["a"] }] }],
  [
    "too few labels",
    /row 0 has 2 labels for 3 input_ids/,
    "stops",
    { rows: [{ input_ids: [3, 4, 5], labels: [1, 2] }] },
  ],
  [
    "text for a completion",
    /needs rows of prompt and completion; these have text, and the trainer would train on all/,
    "silent",
    { rows: [{ text: "a" }], options: { completion_only_loss: true } },
  ],
  [
    "messages for a completion",
    /needs rows of prompt and completion; these have messages/,
    "silent",
    { rows: [{ messages: talk }], options: { completion_only_loss: true } },
  ],
  [
    "text beside a pair",
    /text beside prompt and completion/,
    "silent",
    { rows: [{ text: "a", prompt: "b", completion: "c" }] },
  ],
  [
    "tokens for the assistant's part",
    /no effect on input_ids without labels/,
    "silent",
    { rows: [{ input_ids: [3, 4], messages: talk }], options: { assistant_only_loss: true } },
  ],
  ["messages as text", /messages is text, not a list of messages/, "silent", { rows: [{ messages: "[{}]" }] }],
  [
    "ready rows that are not",
    /they need input_ids; the columns are text/,
    "silent",
    { rows: [{ text: "a" }], options: { dataset_kwargs: { skip_prepare_dataset: true } } },
  ],
  [
    "no rejected answer",
    /the columns are prompt, chosen; a row is chosen and rejected/,
    "stops",
    { task: "dpo", rows: [{ prompt: "the", chosen: " sky" }] },
  ],
  ["text where there should be pairs", /a row is chosen and rejected/, "stops", { task: "dpo", rows: [{ text: "a" }] }],
  [
    "a prompt of text before messages",
    /prompt is text, chosen is messages, rejected is messages: all have to be text, or all messages/,
    "stops",
    { task: "dpo", rows: [{ prompt: "hi", chosen: talk, rejected: talk }] },
  ],
  [
    "a null answer",
    /row 1 has no rejected/,
    "stops",
    {
      task: "dpo",
      rows: [
        { prompt: "the", chosen: " sky", rejected: " sea" },
        { prompt: "the", chosen: " sky", rejected: null },
      ],
    },
  ],
  [
    "an empty answer without a prompt",
    /row 0 has an empty rejected/,
    "stops",
    { task: "dpo", rows: [{ chosen: "the sky", rejected: "" }] },
  ],
  [
    "an answer without content",
    /row 1 has a message without content in rejected/,
    "stops",
    {
      task: "dpo",
      rows: ["b", null].map((answer) => ({
        prompt: [said("user", "hi")],
        chosen: [said("assistant", "a")],
        rejected: [said("assistant", answer)],
      })),
    },
  ],
  [
    "pairs of messages without a chat template",
    /need a chat template, and the tokenizer has none; set model.tokenizer to one that has it/,
    "stops",
    {
      task: "dpo",
      rows: [{ chosen: talk, rejected: [said("user", "hi"), said("assistant", "sea")] }],
      tokenizer: { chat_template: null },
    },
  ],
  [
    "pairs without an end of text",
    /no end-of-text token, which the trainer puts after each row; set model.tokenizer/,
    "stops",
    { task: "dpo", rows: [{ prompt: "the", chosen: " sky", rejected: " sea" }], tokenizer: { eos_token: null } },
  ],
];
