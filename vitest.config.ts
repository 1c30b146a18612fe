import { defineConfig } from "vitest/config";
import { root } from "./scripts/root.ts";
import { testsReaching } from "./scripts/test/split.ts";

const python = testsReaching(root, "test/python.ts");

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "light",
          include: ["test/**/*.test.ts"],
          exclude: python,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "python",
          include: python.length > 0 ? python : ["no test starts Python"],
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
