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
        return str(base) if counts(base) else None
    ratios = {key: Fraction(value, base) for key, value in moved.items()}
    found = product(base, ratios, values)
    if found is None and len(moved) == 1:
        found = square(base, moved, values)
    if found is None and "length" in moved and (sink := beside_length(base, moved, values)) is not None:
        return sink
    if found is None:
        smaller = {key for key, ratio in ratios.items() if ratio < 1}
        found = sums(base, at, ratios, values, smaller)
    return in_tokens(found)


def beside_length(base: int, moved: dict[str, int], values: dict[str, int]) -> str | None:
    """A product with one column more than a row is long: scores beside a sink."""
    length = values["length"]
    columns = {key: (2 * length if key == "length" else length) + 1 for key in moved}
    if base % (length + 1) or any(value % columns[key] for key, value in moved.items()):
        return None
    rest = base // (length + 1)
    ratios = {key: Fraction(value // columns[key], rest) for key, value in moved.items()}
    found = product(rest, {key: ratio for key, ratio in ratios.items() if ratio != 1}, values)
    return None if found is None else f"(length + 1) * {in_tokens(found)}"


def counts(size: int) -> bool:
    """Whether what has the same bytes at all sizes is worth a formula."""
    return size >= SCALAR and size != RANDOM_STATE


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


def scaled(formula: str) -> set[str]:
    """A product as it is, and as formats of half and twice the bytes have it."""
    if re.search(r" [+-] ", formula):
        return {formula}
    first, *others = formula.split(" * ", 1)
    size, others = (int(first), others) if first.isdigit() else (1, [formula])
    sizes = [size, 2 * size, 4 * size, *([size // 2] if size % 2 == 0 else []), *([size // 4] if size % 4 == 0 else [])]
    return {" * ".join([*([str(each)] if each != 1 or not others else []), *others]) for each in sizes}


__all__ = ["BATCH", "Unexplained", "counts", "formula_of", "holds", "scaled"]
