/** Failures of the stack whose last words do not say what causes them. */
const known: readonly { readonly says: RegExp; readonly means: string }[] = [
  { says: /matrix batch sizes have to match/, means: "one of the two grouped_gemm rules does not reach its experts" },
  { says: /Connection closed by peer/, means: "another rank ended first; its log says why" },
  {
    says: /are missing in it and would be trained from random values/,
    means: "the checkpoint is stored in another layout",
  },
];

/** What is known to cause a failure that ends with such words. */
export function causeOf(message: string): string | undefined {
  return known.find(({ says }) => says.test(message))?.means;
}
