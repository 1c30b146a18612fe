"""Formulas of a dim over the keys of a config: products first, then sums of products, from values at doubled keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import chain, combinations

Keys = tuple[str, ...]


class Unexplained(Exception):
    """A dim that is no sum of products of the keys it depends on."""


def subsets(keys: Keys, smallest: int = 0) -> list[Keys]:
    """Every subset, the largest first."""
    return list(chain.from_iterable(combinations(keys, size) for size in range(len(keys), smallest - 1, -1)))


def product(base: int, ratios: dict[str, Fraction], values: dict[str, int]) -> str | None:
    """The dim as one product, where doubling a key doubles or halves it: "2 * a * b // c"."""
    powers = {Fraction(2): 1, Fraction(4): 2, Fraction(1, 2): -1, Fraction(1, 4): -2}
    if any(ratio not in powers for ratio in ratios.values()):
        return None
    coefficient = Fraction(base)
    above: list[str] = []
    below: list[str] = []
    for key, ratio in ratios.items():
        power = powers[ratio]
        coefficient /= Fraction(values[key]) ** power
        (above if power > 0 else below).extend([key] * abs(power))
    if coefficient.denominator > 64 or (coefficient.numerator > 64 and above):
        return None
    return written(coefficient, above, below)


def written(coefficient: Fraction, above: list[str], below: list[str]) -> str:
    """A product as text; what divides comes last, so that whole numbers stay whole."""
    factors = ([str(coefficient.numerator)] if coefficient.numerator != 1 or not above else []) + sorted(above)
    text = " * ".join(factors)
    for divisor in ([str(coefficient.denominator)] if coefficient.denominator != 1 else []) + sorted(below):
        text += f" // {divisor}"
    return text


def sums(
    base: int, at: Callable[[Keys], int], ratios: dict[str, Fraction], values: dict[str, int], below: set[str]
) -> str:
    """The dim as a sum of products, by differences: `at` gives it with some keys doubled. Those `below` divide."""
    keys = tuple(sorted(ratios))
    if len(keys) > 7:
        raise Unexplained("depends on too many keys")
    seen = {doubled: at(doubled) for doubled in subsets(keys)}
    terms: dict[Keys, Fraction] = {}
    for chosen in subsets(keys, 1):
        signed = sum((-1) ** (len(chosen) - len(part)) * seen[part] for part in subsets(chosen))
        difference = Fraction(signed)
        for key in chosen:
            if key in below:
                difference *= -2
        terms[chosen] = difference - sum(
            (term for other, term in terms.items() if set(chosen) < set(other)), Fraction(0)
        )
    terms[()] = base - sum(terms.values(), Fraction(0))
    parts = []
    for chosen, term in terms.items():
        if term == 0:
            continue
        coefficient = term
        for key in chosen:
            coefficient = coefficient * values[key] if key in below else coefficient / values[key]
        if coefficient.denominator > 64:
            raise Unexplained(f"{coefficient} * {chosen}")
        sign = "-" if coefficient < 0 else "+"
        above = [key for key in chosen if key not in below]
        parts.append((sign, written(abs(coefficient), above, [key for key in chosen if key in below])))
    parts.sort(key=lambda part: part[0] == "-")
    text = " ".join(f"{sign} {term}" for sign, term in parts)
    return text.removeprefix("+ ")


def fit(base: int, doubled: dict[str, int], at: Callable[[Keys], int], values: dict[str, int]) -> str:
    """
    The formula of one dim.

    Args:
        base: the dim where every key has its value of `values`.
        doubled: the dim where one key alone is doubled, for each key that changes it.
        at: the dim where several are doubled.
        values: the keys' values.

    Raises:
        Unexplained: it is no sum of products.
    """
    ratios = {key: Fraction(value, base) for key, value in doubled.items()}
    found = product(base, ratios, values)
    if found is None and base > 1 and all(value > 1 for value in doubled.values()):
        less = {key: Fraction(value - 1, base - 1) for key, value in doubled.items()}
        one_less = product(base - 1, less, values)
        found = None if one_less is None else f"{one_less} + 1"
    keys = tuple(sorted(ratios))
    candidates = [found] if found else [square(base, doubled, values)] if len(doubled) == 1 else []
    for candidate in filter(None, candidates):
        check(candidate, at, keys, values)
        return candidate
    # A key that makes the dim smaller divides it, or is taken away from it.
    smaller = {key for key, ratio in ratios.items() if ratio < 1}
    try:
        found = sums(base, at, ratios, values, smaller)
        check(found, at, keys, values)
    except Unexplained:
        if not smaller:
            raise
        found = sums(base, at, ratios, values, set())
        check(found, at, keys, values)
    return found


def square(base: int, doubled: dict[str, int], values: dict[str, int]) -> str | None:
    """The dim as k * k + m * k, where one key alone moves it so."""
    ((key, other),) = doubled.items()
    size = values[key]
    times, rest = divmod(other - base - 3 * size * size, size)
    if rest or base != size * size + times * size:
        return None
    return f"{key} * {key} + {times} * {key}"


def check(formula: str, at: Callable[[Keys], int], keys: Keys, values: dict[str, int]) -> None:
    """Holds a formula against the model with every key doubled that it depends on. Raises `Unexplained`."""
    if len(keys) < 2:
        return
    try:
        seen = at(keys)
    except Unexplained:
        return  # the class refuses that config
    scope = {spell(key): 2 * value if key in keys else value for key, value in values.items()}
    predicted = eval(spell(formula), {"__builtins__": {}}, scope)  # noqa: S307 - written above
    if predicted != seen:
        raise Unexplained(f"{formula} gives {predicted} where the model has {seen}")


def spell(text: str) -> str:
    """A formula's keys as Python names."""
    return re.sub(r"[.\[\]]", "_", text)
