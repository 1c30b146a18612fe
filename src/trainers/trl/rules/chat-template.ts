import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4062 = diagnostic("PLN4062", {
  severity: "error",
  messages: {
    default: text`chat_template_path ${"path"} is no file that ends in .jinja or .j2: the trainer would take the tokenizer there, add its tokens and resize the embedding, which does not work on a sharded model`,
  },
  help: "save its template as a file, and write the file's path as the job sees it",
});

/**
 * A chat template comes from a file. From anything else the trainer takes a tokenizer, adds its tokens to the model's and
 * resizes the embedding, which is sharded by then.
 */
export const chatTemplate: Rule<PlanFacts> = {
  name: "chat-template",
  *check({ plan }) {
    const path = plan.options["chat_template_path"];
    if (typeof path !== "string" || /\.(jinja|j2)$/.test(path)) return;
    yield PLN4062(optionAt(plan, "chat_template_path"), { path });
  },
};

export const pages = {
  PLN4062: {
    title: "chat template of another tokenizer",
    docs: `TRL reads a template from a file whose name ends in .jinja or .j2. Anything else it takes for a tokenizer: it copies
the template, adds the tokens that the model's own tokenizer lacks, and resizes the embedding to a multiple of 64 rows, even
where no token was added. The model is sharded by then, and the resize stops or leaves ranks with different shapes.

A tokenizer's template can be written to a file:

\`\`\`console
$ python3 -c "from transformers import AutoTokenizer as A; print(A.from_pretrained('Qwen/Qwen3-4B').chat_template, end='')" > chat.jinja
\`\`\`

A template that uses tokens which the model does not know teaches them as several tokens each. Use one that is made of the
model's own.

Wrong:

\`\`\`yaml
sft: { chat_template_path: Qwen/Qwen3-4B }
\`\`\`

Right:

\`\`\`yaml
sft: { chat_template_path: /data/chat.jinja }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    plan: `
sft: { chat_template_path: Qwen/Qwen3-4B }
#@ [28:41) PLN4062 chat_template_path Qwen/Qwen3-4B is no file that ends in .jinja or .j2: the trainer would take the tokenizer there, add its tokens and resize the embedding, which does not work on a sharded model
#@   help: save its template as a file, and write the file's path as the job sees it
`,
  },
  {
    name: "a file whose name ends otherwise",
    plan: `
sft:
  chat_template_path: /data/chat.jinja2
#@ [23:40) PLN4062 chat_template_path /data/chat.jinja2 is no file that ends in .jinja or .j2: the trainer would take the tokenizer there, add its tokens and resize the embedding, which does not work on a sharded model
#@   help: save its template as a file, and write the file's path as the job sees it
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, chat_template_path: /data/chat.jinja }
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, chat_template_path: chat.j2 }
`,
  },
];
