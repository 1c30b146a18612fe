import type { KnipConfig } from "knip";

const config: KnipConfig = {
  entry: ["src/cli/main.ts!", "src/cli/start/start.ts!", "scripts/*.ts"],
  project: ["src/**/*.ts!", "scripts/**/*.ts", "test/**/*.ts"],
  ignoreExportsUsedInFile: true,
  ignoreDependencies: ["yaml-language-server"],
  ignoreBinaries: ["chromium-headless-shell", "mkfifo", "sbatch", "unshare"],
  vitest: { entry: ["test/**/*.test.ts"] },
  // Rules, known issues, codes and pages are imported by generated lists, which git ignores; their cases by the test that runs them.
  compilers: {
    ts: (text: string) =>
      text.replace(
        /^export const (?=(cases|examples|examplesOfIssues|pages|PLN\d{4})\b|\w+: (Rule|ConditionedIssue)<|\w+: ReportedIssue\b)/gm,
        "const ",
      ),
  },
};

export default config;
