/**
 * Writes `docs/known-issues.md`: what is known to be wrong with releases of the stack, from the records in `issues/`.
 *
 *     npx tsx scripts/issues_docs.ts
 */
import { allIssues } from "../src/check/issues.ts";
import { type Issue, rangeOf } from "../src/stack/issue.ts";
import { stacks } from "../src/stacks.ts";
import { compareVersions } from "../src/text/version.ts";
import { write } from "./write.ts";

const all = allIssues([...stacks.engines, ...stacks.trainers]);
const oldest = Object.fromEntries(stacks.engines.map(({ name, releases }) => [name, releases[0]?.version ?? "0"]));
const isOver = ({ package: name, fixed_in }: Issue) =>
  fixed_in !== undefined && compareVersions(fixed_in, oldest[name] ?? "0") <= 0;

const text = `# Known issues of the stack

What is known to be wrong with releases of transformers, TRL, accelerate and torch, as far as a plan can meet it. \`planc issues\`
prints the same, \`planc issues PLAN\` what a plan meets, with the place. Each is a record in \`src/engines/transformers/issues/\` or
\`src/trainers/trl/issues/\`; a plan that meets one is refused where results would be wrong, or a job would hang or fail.

## What plans are refused or warned for

${rows(all.filter((issue) => !isOver(issue) && issue.bundle === undefined))}

## What a bundle takes care of

A plan may meet these: its bundle does something else.

${rows(all.filter((issue) => !isOver(issue) && issue.bundle !== undefined))}

## Why older releases are refused

${rows(all.filter(isOver))}
`;
write("docs/known-issues.md", text);

function rows(issues: readonly Issue[]): string {
  return ["| issue | releases | what happens | where | instead |", "|---|---|---|---|---|", ...issues.map(row)].join(
    "\n",
  );
}

function row(issue: Issue): string {
  const { id, package: name, symptom, where, workaround, bundle, link } = issue;
  const named = link === undefined ? `\`${id}\`` : `[\`${id}\`](${link})`;
  const cells = [named, `${name}, ${rangeOf(issue)}`, symptom, where, bundle ?? workaround];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
