import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { endDescendants, Watchdog } from "../../scripts/test/watchdog.ts";

test("a run in which nothing happens is ended, with the file and what was last heard of it", () => {
  let [now, ended, said] = [0, 0, ""];
  const hands = {
    now: () => now,
    say: (text: string) => {
      said += text;
    },
    end: () => void ended++,
  };
  const watchdog = new Watchdog({ minutes: 10, hands });
  watchdog.onTestModuleStart({ relativeModuleId: "test/fine.test.ts" });
  watchdog.onTestModuleStart({ relativeModuleId: "test/slow.test.ts" });
  watchdog.onTestCaseReady({ fullName: "a > b" });
  now = 9 * 60_000;
  watchdog.look();
  watchdog.onTestModuleEnd({ relativeModuleId: "test/fine.test.ts" });
  watchdog.onTestCaseReady({ fullName: "a > c" });
  now += 9 * 60_000;
  watchdog.look();
  expect([ended, said]).toEqual([0, ""]);
  now += 60_000;
  watchdog.look();
  expect(ended).toBe(1);
  expect(said).toBe('\nhangs: nothing happened for 10 minutes in test/slow.test.ts; last, the test "a > c" began\n');
});

test("what a process started ends, with what that started, and nothing else", async () => {
  const stay = "setInterval(() => {}, 1000)";
  // It holds its parent's output open for as long as it runs.
  const own = `require("child_process").spawn(process.execPath, ["-e", "${stay}"], { stdio: "inherit" })`;
  const child = spawn(process.execPath, ["-e", `console.log(${own}.pid); ${stay}`]);
  const other = spawn(process.execPath, ["-e", stay]);
  await once(child.stdout, "data");
  const closed = once(child, "close");
  endDescendants(child.pid ?? 0);
  expect(child.exitCode).toBe(null);
  child.kill();
  await closed;
  expect(other.exitCode).toBe(null);
  other.kill();
});
