"""Formulas for bytes: over the keys of a config, and over `rows`, `length` and `tokens` of a micro-batch."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from families.formula import Unexplained, product, spell, square, sums

BATCH = ("rows", "length")

# What holds numbers and no sizes: scalars, and the state of the random numbers, which a checkpoint keeps on the CPU.
SCALAR = 64
RANDOM_STATE = 5056


def formula_of(
    base: int, moved: dict[str, int], at: Callable[[tuple[str, ...]], int], values: dict[str, int]
) -> str | None:
    """
    The formula of a number of bytes; None for what counts for nothing.

    Args:
        base: the bytes where every key has its value of `values`.
        moved: the bytes where one key alone is doubled, for each key that changes them.
        at: the bytes where several are doubled.

    Raises:
        Unexplained: they are no sum of products.
    """
    if not moved:
        return None if base < SCALAR or base == RANDOM_STATE else str(base)
    ratios = {key: Fraction(value, base) for key, value in moved.items()}
    found = product(base, ratios, values)
    if found is None and len(moved) == 1:
        found = square(base, moved, values)
    if found is None:
        smaller = {key for key, ratio in ratios.items() if ratio < 1}
        found = sums(base, at, ratios, values, smaller)
    return in_tokens(found)


def in_tokens(formula: str) -> str:
    """`rows * length` as `tokens`."""
    parts = re.split(r"( [+-] )", formula)
    for place in range(0, len(parts), 2):
        above, *below = parts[place].split(" // ")
        factors = above.split(" * ")
        if all(name in factors for name in BATCH):
            for name in BATCH:
                factors.remove(name)
            factors.append("tokens")
        parts[place] = " // ".join([" * ".join(factors), *below])
    return "".join(parts)


def holds(formula: str, values: dict[str, int], seen: int) -> bool:
    """Whether a formula gives what was seen."""
    scope = {spell(key): value for key, value in values.items()} | {"tokens": values["rows"] * values["length"]}
    return eval(spell(formula), {"__builtins__": {}}, scope) == seen  # noqa: S307 - written above


__all__ = ["BATCH", "Unexplained", "formula_of", "holds"]
