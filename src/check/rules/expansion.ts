import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { type Path, showPath } from "../../source/path.ts";
import type { PlanFacts } from "../../stack/facts.ts";

export const PLN5028 = diagnostic("PLN5028", {
  severity: "warning",
  messages: { default: text`${"path"} holds ${"what"}, which reaches the job as it is written: nothing is expanded` },
  help: "write out what it stands for",
});

/** What a shell would replace: `~` and `~/…`, `$NAME`, `${NAME…}`. */
const expandable = /^~(?=\/|$)|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*[^{}]*\}/;

/** Texts that a reader may expect to be expanded as a shell does. They reach the job as they are written. */
export const expansion: Rule<PlanFacts> = {
  name: "expansion",
  *check({ plan }) {
    const { model, cluster, data } = plan;
    const texts: readonly (readonly [Path, string | undefined])[] = [
      [["model", "checkpoint"], model.checkpoint],
      [["cluster", "activate"], cluster.activate],
      ...Object.entries(cluster.env).map(([name, value]) => [["cluster", "env", name], value] as const),
      [["data", "path"], data.path],
    ];
    for (const [path, text] of texts) {
      const what = expandable.exec(text ?? "")?.[0];
      if (what === undefined) continue;
      yield PLN5028(plan.written.at(path), { path: showPath(path), what });
    }
  },
};

export const pages = {
  PLN5028: {
    title: "text that is not expanded",
    docs: `Paths and environment variables of a plan are handed on exactly as they are written, whatever they hold. A shell
would replace a \`~\` at the beginning and \`$NAME\`; here they would name a folder called \`~\` or \`$NAME\`.

Wrong:

\`\`\`yaml
cluster:
  env: { HF_HOME: $SCRATCH/hf }
\`\`\`

Right:

\`\`\`yaml
cluster:
  env: { HF_HOME: /scratch/me/hf }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "every path of a plan, and an environment variable",
    plan: `
model: { config: config.json, checkpoint: ~/models/qwen }
#@ [43:56) PLN5028 warning: model.checkpoint holds ~, which reaches the job as it is written: nothing is expanded
#@   help: write out what it stands for
cluster:
  activate: $HOME/venv/bin/activate
#@ [13:36) PLN5028 warning: cluster.activate holds $HOME, which reaches the job as it is written: nothing is expanded
#@   help: write out what it stands for
  env: { HF_HOME: "\${SCRATCH:-/tmp}/hf" }
#@ [19:40) PLN5028 warning: cluster.env.HF_HOME holds \${SCRATCH:-/tmp}, which reaches the job as it is written: nothing is expanded
#@   help: write out what it stands for
data:
  path: /data/$USER/train.parquet
#@ [09:34) PLN5028 warning: data.path holds $USER, which reaches the job as it is written: nothing is expanded
#@   help: write out what it stands for
`,
  },
  {
    name: "a home folder by itself",
    plan: `
model:
  config: config.json
  checkpoint: "~"
#@ [15:18) PLN5028 warning: model.checkpoint holds ~, which reaches the job as it is written: nothing is expanded
#@   help: write out what it stands for
`,
  },
  {
    name: "dollars and tildes of other kinds",
    shows: "nothing",
    plan: `
cluster: { activate: /opt/~x, env: { A: 100$, B: $(date), C: ~user } }
data: { path: a~b/$5.parquet }
`,
  },
];
