type Reasons = Readonly<Record<string, string>>;

/** Shapes of diagnostics that no case can show: code or `code/variant` → why, and what tests it. */
export const withoutCase: Reasons = {
  PLN3007:
    "every release has rules for every family of planc; test/diagnostics/catalogue.test.ts runs the rule on facts without them",
};

/** Pages that cannot run: code → why. */
export const withoutPage: Reasons = {
  PLN3007: "no plan causes it",
};
