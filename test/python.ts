import { fileURLToPath } from "node:url";

/** The Python of the tests' own environment, which `npm test` sets up. */
export const python =
  process.env["PLANC_TEST_PYTHON"] ?? fileURLToPath(new URL("../.venv/bin/python", import.meta.url));
