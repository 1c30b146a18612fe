import { wayTo } from "../../bundle/place.ts";
import { compilePlan } from "../../compiler.ts";
import type { Io } from "../io.ts";
import { withFiles } from "../judge.ts";
import { standardInput } from "../plans.ts";

/** Compiles a plan for the folder that a plan of its name gets, and judges what lies here beside it. */
export async function compileFor(file: string, folderOf: (name: string) => string, io: Io) {
  const place = (name: string) => (file === standardInput ? null : wayTo(file, folderOf(name)));
  const found = { file, ...(await compilePlan(io, file, place)) };
  return withFiles(io.host, found, ({ checked }) => checked);
}
