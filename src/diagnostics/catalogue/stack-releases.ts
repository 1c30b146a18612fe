import { entries, text } from "../entry.ts";

export const releases = entries({
  PLN4001: {
    severity: "error",
    title: "release of transformers not supported",
    messages: {
      default: text`transformers ${"version"} is not supported: ${"why"}`,
      newer: text`transformers ${"version"} is newer than this planc knows; it knows ${"known"}`,
      prerelease: text`transformers ${"version"} is a pre-release; planc knows ${"known"}`,
    },
    help: "write transformers: 5.23.0",
    docs: `What expert parallelism does, and whether it does it right, changed with nearly every release of transformers 5:
fields were added and renamed, default plans rewritten, and several releases trained with wrong gradients without a
word. planc compiles for the release that it has compared with one process, parameter by parameter.

Wrong (the gradients of the experts come out divided by \`fsdp_size\`):

\`\`\`yaml
stack:
  versions: { transformers: 5.22.2, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4002: {
    severity: "error",
    title: "release of TRL not supported",
    messages: { default: text`TRL ${"version"} is not supported: planc knows the options of TRL ${"known"}` },
    help: "write trl: 1.16.0",
    docs: `The options under \`sft\` are those of one TRL release: their names, types, defaults and what the trainer does with them
on a sharded model. planc has read them from TRL 1.16.0.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.13.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4003: {
    severity: "error",
    title: "release too old for the stack",
    messages: { default: text`${"package"} ${"version"} is too old: ${"why"}` },
    docs: `The releases of a stack need each other. These minimums are those of transformers 5.23 and TRL 1.16: below them the
installation fails, or the job stops when it shards the model.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.7.1 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4004: {
    severity: "warning",
    title: "release that planc was not tested with",
    messages: { default: text`planc was tested with ${"package"} ${"tested"}, not with ${"version"}` },
    help: "rehearse the plan before spending GPU hours, or pin the tested release",
    docs: `The bundle's \`requirements.txt\` pins what the plan says. Other releases of torch and accelerate than the tested ones
may well work; nothing has shown that they do.

Wrong:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.9.0 }
\`\`\`

Right:

\`\`\`yaml
stack:
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
\`\`\``,
  },
  PLN4010: {
    severity: "warning",
    title: "checkpoint not pinned",
    messages: {
      default: text`${"checkpoint"} is a Hub id without a revision: the job loads whatever its main branch holds that day`,
      moving: text`revision ${"revision"} is a branch or a tag: it can come to mean other weights`,
    },
    help: "write model.revision: the commit's 40 hexadecimal digits; for a folder, start the path with ./ or /",
    docs: `A Hub repository changes. A job that is restarted, or run again next month, should load the bytes that planc checked.

Wrong:

\`\`\`yaml
model: { config: models/qwen3-30b-a3b/config.json, checkpoint: Qwen/Qwen3-30B-A3B }
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
  checkpoint: Qwen/Qwen3-30B-A3B
  revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
\`\`\``,
  },
  PLN4011: {
    severity: "warning",
    title: "revision of a folder",
    messages: { default: text`revision has no effect: ${"checkpoint"} is a folder, not a Hub id` },
    help: "leave revision out",
    docs: `Revisions are the Hub's. For a folder the loader ignores them.

Wrong:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/qwen3, revision: ad44e777bcd18fa416d9da3bd8f70d33ebb85d39 }
\`\`\`

Right:

\`\`\`yaml
model: { config: model/config.json, checkpoint: /data/qwen3 }
\`\`\``,
  },
});
