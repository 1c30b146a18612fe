/** The docs page of a code, relative to planc's repository. */
export function urlOf(code: string): string {
  return `docs/diagnostics/${code}.md`;
}
