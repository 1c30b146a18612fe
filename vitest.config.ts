import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { root } from "./scripts/root.ts";
import { projects, testsReaching } from "./scripts/test/split.ts";
import { Watchdog } from "./scripts/test/watchdog.ts";

const python = testsReaching(root, "test/python.ts");
const jobs = testsReaching(root, "test/slurm/cluster.ts");
const ranks = testsReaching(root, "test/ranks.ts").filter((file) => !jobs.includes(file));

// Torch in no more processes than memory is sure to hold, and one that waits for a Slurm.
const withTorch = { maxWorkers: 3 };

// No limit of time decides a test: it would fail on a slow machine. The watchdog ends a run that hangs.
const unlimited = { testTimeout: 0, hookTimeout: 0, teardownTimeout: 0 };

/** A project of some files, which begins when the one before has ended. */
function project(name: string, include: string[], groupOrder: number, options: TestProjectInlineConfiguration["test"]) {
  const some = include.length > 0 ? include : [`no test of ${name}`];
  return { test: { name, include: some, ...unlimited, sequence: { groupOrder }, ...options } };
}

export default defineConfig({
  test: {
    reporters: ["default", new Watchdog()],
    projects: [
      // Files share a process and what it has loaded; none leaves anything behind there.
      project(projects.light, ["test/**/*.test.ts"], 0, { exclude: python, isolate: false, maxWorkers: "100%" }),
      project(projects.jobs, jobs, 1, withTorch),
      project(
        projects.python,
        python.filter((file) => ![...jobs, ...ranks].includes(file)),
        1,
        withTorch,
      ),
      project(projects.ranks, ranks, 2, { maxWorkers: 1, globalSetup: "test/shared.ts" }),
    ],
  },
});
