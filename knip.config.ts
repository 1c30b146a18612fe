import type { KnipConfig } from "knip";

const config: KnipConfig = {
  entry: ["src/cli/main.ts!", "scripts/*.ts"],
  project: ["src/**/*.ts!", "scripts/**/*.ts", "test/**/*.ts"],
  ignoreExportsUsedInFile: true,
  ignoreDependencies: ["yaml-language-server"],
  ignoreBinaries: ["mkfifo", "unshare"],
  vitest: { entry: ["test/**/*.test.ts"] },
  // Rules' cases are imported by path, by the test that runs them all.
  compilers: { ts: (text: string) => text.replace(/^export const (?=(cases|examples)\b)/gm, "const ") },
};

export default config;
