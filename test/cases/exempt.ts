type Reasons = Readonly<Record<string, string>>;

/**
 * Shapes of diagnostics that no case can show: why, and what tests them. `PLN4050` is the message that is not a variant,
 * `PLN4050/stops` a variant, `PLN3007/*` all of a code.
 */
export const withoutCase: Reasons = {
  "PLN2003/storage": "planc convert says it, which asks for no release; test/cli/convert.test.ts",
  "PLN2117/*": "planc inspect --write says it of a plan that it may not change; test/cli/inspect.test.ts",
  "PLN2134/*": "planc convert says it of the folder that it is to read; test/cli/on-disk.test.ts",
  "PLN5020/*": "planc compile says it of the place that it writes to; test/bundle/write.test.ts",
  "PLN5021/*": "planc compile says it of the place that it writes to; test/bundle/write.test.ts and faults.test.ts",
  "PLN5022/*": "planc compile says it of the place that it writes to; test/bundle/write.test.ts",
  "PLN5023/*": "planc compile says it of a bundle that was changed; test/bundle/write.test.ts",
  "PLN5024/*":
    "planc compile says it of two plans in one call; test/cli/compile.test.ts and test/model/messages.test.ts",
  "PLN5025/*": "planc compile says it of a write that ends half-way; test/bundle/faults.test.ts",
  "PLN5026/*": "planc compile says it of two processes that write one bundle; test/bundle/two-writers.test.ts",
  "PLN5051/*": "planc init and fit say it, which have no plan yet; test/cli/init.test.ts and fit.test.ts",
  "PLN5110/*": "planc fit says it of a price list; test/cluster/prices.test.ts",
  "PLN5090/*": "planc report says it of a folder; test/report/cli.test.ts",
  "PLN5091/*": "planc report says it of what a run wrote; test/report/cli.test.ts",
  "PLN5092/*": "planc report says it of what a run wrote; test/report/cli.test.ts",
  "PLN5093/*": "planc report says it of the trainer's log; test/report/cli.test.ts",
  "PLN5100/*": "--calibration names the file, which no plan does; test/estimate/calibration.test.ts",
  "PLN5101/*": "--calibration names the file, which no plan does; test/cli/explain.test.ts",
};

const noExample = "its page shows none: what is wrong is in the bytes of a file, not in a key";
const commands = "its examples are commands and listings of folders";
const programs = "its examples are commands and programs in Python";

const whole = "its sizes are those of a published checkpoint, and the toy has others";

/** Pages that cannot run: code → why. */
export const withoutPage: Reasons = {
  PLN1001: noExample,
  PLN1002: noExample,
  PLN1003: noExample,
  PLN1004: noExample,
  PLN2006: whole,
  PLN2025: whole,
  PLN2102: programs,
  PLN2103: commands,
  PLN2107: commands,
  PLN2108: commands,
  PLN2109: commands,
  PLN2110: commands,
  PLN2112: commands,
  PLN2113: whole,
  PLN2114: commands,
  PLN2117: commands,
  PLN2118: whole,
  PLN2120: commands,
  PLN2121: programs,
  PLN2122: whole,
  PLN2131: programs,
  PLN2132: programs,
  PLN2134: commands,
  PLN2135: commands,
  PLN2210: commands,
  PLN5020: commands,
  PLN5110: "its example is a price list, which is no part of a plan",
  PLN5021: commands,
  PLN5022: commands,
  PLN5023: commands,
  PLN5024: commands,
  PLN5025: commands,
  PLN5026: commands,
  PLN5050: commands,
  PLN5051: commands,
  PLN5090: commands,
  PLN5091: commands,
  PLN5092: commands,
  PLN5093: commands,
  PLN5100: commands,
  PLN5101: commands,
};
