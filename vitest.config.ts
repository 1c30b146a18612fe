import { defineConfig } from "vitest/config";
import { root } from "./scripts/root.ts";
import { projects, testsReaching } from "./scripts/test/split.ts";
import { Watchdog } from "./scripts/test/watchdog.ts";

const python = testsReaching(root, "test/python.ts");

// No limit of time decides a test: it would fail on a slow machine. The watchdog ends a run that hangs.
const unlimited = { testTimeout: 0, hookTimeout: 0, teardownTimeout: 0 };

export default defineConfig({
  test: {
    reporters: ["default", new Watchdog()],
    projects: [
      {
        test: {
          name: projects.light,
          include: ["test/**/*.test.ts"],
          exclude: python,
          // Files share a process and what it has loaded; none leaves anything behind there.
          isolate: false,
          maxWorkers: "100%",
          ...unlimited,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: projects.python,
          include: python.length > 0 ? python : ["no test starts Python"],
          maxWorkers: 1,
          ...unlimited,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
