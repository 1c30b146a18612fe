/**
 * Writes `docs/cli.md`: what `planc --help` and the help of each command say.
 *
 *     npx tsx scripts/cli_docs.ts
 */
import { commands } from "../src/cli/commands.ts";
import { overview } from "../src/cli/help.ts";
import { write } from "./write.ts";

const helps = await Promise.all([...commands].map(async ([name, load]) => [name, (await load()).help] as const));
const sections = [["planc", overview] as const, ...helps.map(([name, help]) => [`planc ${name}`, help] as const)];
const text = `# The command line

Each section is what the command prints with \`--help\`. Exit codes are the same everywhere: 0 fine, 1 the input has errors,
2 it cannot be read or the command line is wrong, 3 a bundle is stale, 4 a
rehearsal disagrees, 70 a bug in planc. With \`--format json\`, \`sarif\` or
\`github\` the findings are for programs; lines and characters of \`json\` count from zero, in UTF-16 code units, as editors do.

${sections.map(([name, help]) => `## ${name}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`).join("\n")}`;
write("docs/cli.md", text);
