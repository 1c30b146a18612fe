/** The npm package that a bundled file comes from: "node_modules/@a/b/c.js" → "@a/b"; undefined for our own files. */
export function packageOf(input: string): string | undefined {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}
