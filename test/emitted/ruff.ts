import { PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";

/** ruff as emitted Python is to pass it. Line lengths are the formatter's: a text cannot be broken. */
const workspace = new Workspace(
  {
    "line-length": 120,
    "target-version": "py311",
    lint: {
      select: ["A", "B", "C4", "E", "F", "I", "ISC", "N", "PIE", "PT", "RET", "RUF", "SIM", "UP", "W"],
      // Names of tensors end with their shape: `tokens_TH`.
      ignore: ["E501", "N803", "N806", "N815"],
      isort: { "known-first-party": ["planc_runtime"] },
    },
  },
  PositionEncoding.Utf16,
);

/** What the linter says about a program: `4 F401 …`. */
export function lint(source: string): string[] {
  const found: readonly { code: string | null; message: string; start_location: { row: number } }[] =
    workspace.check(source);
  return found.map(({ code, message, start_location }) => `${start_location.row} ${code} ${message}`);
}

export function formatted(source: string): string {
  return workspace.format(source);
}
