"""In which order a file's tensors share the most blocks with the source: reflinks share whole blocks, and only where a
range begins at the same place within a block in both files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from planc_runtime.convert.tensors import Layout, Target
from planc_runtime.safetensors import BITS

# Source and target have to agree modulo this.
BLOCK = 4096

# Smaller ranges are not worth the calls for their edges.
LEAST_CLONE = 16 * BLOCK

# Ways between residues are searched for so often in one file; a checkpoint of real widths asks for some ten.
MOST_SEARCHES = 256

# With more stations than that no order but the source's own is tried.
MOST_STATIONS = 64


class Station(NamedTuple):
    """
    Tensors that share blocks if the first begins at `start`, modulo `BLOCK`; behind the last the file is at `end`.
    At least `gain` bytes are shared then. `source`: where the first stands there, as `(file, byte)`.
    """

    start: int
    end: int
    gain: int
    source: tuple[int, int]
    targets: list[Target]


class Route(NamedTuple):
    """The residue at which a file's data begins, its tensors in order, and the bytes that are at least shared."""

    first: int
    targets: list[Target]
    gain: int


def align(layout: Layout, group: Sequence[Target]) -> Route:
    """
    Order a file's tensors so that as many bytes as can be are shared.

    There is nothing to put between tensors but other tensors: where the data begins is free, because the header is
    filled up with spaces; from there on, small tensors whose sizes are no multiple of a block lead from one residue to
    the next. Finding the best order is a problem of routes; a few orders are tried, and the best of them is taken. One
    source file that becomes one file is shared whole: its own order leads through all of its residues.
    """
    stations, fillers = _stations(layout, group)
    searches = [MOST_SEARCHES]
    routes = [_route(order, fillers, searches) for order in _orders(stations)]
    best = max((route for route in routes if route is not None), key=lambda route: route.gain, default=None)
    return best or Route(0, sorted(group, key=_by_width), 0)


def _stations(layout: Layout, group: Sequence[Target]) -> tuple[list[Station], list[Target]]:
    """The tensors that can share, those of one residue together, and those that cannot: they fill gaps."""
    classes: dict[int, Station] = {}
    odd: list[Station] = []
    fillers: list[Target] = []
    for target in group:
        start, gain, source = _residue(layout, target)
        if gain == 0:
            fillers.append(target)
        elif target.size % BLOCK:
            odd.append(Station(start, (start + target.size) % BLOCK, gain, source, [target]))
        elif start in classes:
            found = classes[start]
            found.targets.append(target)
            classes[start] = found._replace(gain=found.gain + gain, source=min(found.source, source))
        else:
            classes[start] = Station(start, start, gain, source, [target])
    return [*classes.values(), *odd], fillers


def _residue(layout: Layout, target: Target) -> tuple[int, int, tuple[int, int]]:
    """
    Where in a block the tensor has to begin so that the most of it is shared, how many bytes that are, and where in
    the source it begins.
    """
    shared: dict[int, int] = {}
    source = (0, 0)
    for number, span in enumerate(layout.spans(target)):
        if number == 0:
            source = (span.file, span.begin)
        if span.size >= LEAST_CLONE:
            residue = (span.begin - span.at) % BLOCK
            # Its first and its last block may be shared with others' bytes, and be copied.
            shared[residue] = shared.get(residue, 0) + span.size - 2 * BLOCK
    if not shared:
        return 0, 0, source
    # Experts of two files seldom agree; of equal shares the first counts.
    best = max(shared, key=lambda residue: shared[residue])
    return best, shared[best], source


def _orders(stations: list[Station]) -> Iterable[list[Station]]:
    """Orders that may be good ones, each station once."""
    yield sorted(stations, key=lambda station: station.source)
    if 1 < len(stations) <= MOST_STATIONS:
        yield sorted(stations, key=lambda station: -station.gain)
        # Small tensors of one size lead upwards in even steps: which are reached is decided by where that begins.
        rising = sorted(stations, key=lambda station: station.start)
        for start in range(len(rising)):
            yield rising[start:] + rising[:start]


def _route(order: Sequence[Station], fillers: Sequence[Target], searches: list[int]) -> Route | None:
    """
    Lead through the stations in turn as far as fillers lead there. What is not reached, and the fillers that are left,
    come last, or first: each tensor has to begin at a multiple of its elements' size, which some readers need. None
    where no way to do that is found.
    """
    every = [*fillers, *(target for station in order for target in station.targets)]
    widest = max(map(_width, every), default=1)
    left: dict[int, list[Target]] = {}
    rest: list[Target] = []
    for target in reversed(fillers):
        # Behind others, what follows would no longer be aligned.
        is_step = target.size % BLOCK and target.size % widest == 0
        (left.setdefault(target.size % BLOCK, []) if is_step else rest).append(target)
    first = at = order[0].start if order else 0
    ordered: list[Target] = []
    gain = 0
    for station in order:
        steps = _way((station.start - at) % BLOCK, left, searches)
        if steps is None:
            rest += station.targets
            continue
        ordered += [left[size].pop() for size in steps]
        ordered += station.targets
        gain += station.gain
        at = station.end
    rest = sorted([target for same in left.values() for target in reversed(same)] + rest[::-1], key=_by_width)
    for least in sorted({widest + 1, *map(_width, rest)}, reverse=True):
        wide = [target for target in rest if _width(target) >= least]
        begin = (first - sum(target.size for target in wide)) % BLOCK
        targets = [*wide, *ordered, *(target for target in rest if _width(target) < least)]
        if begin % 8 == 0 and _are_aligned(begin, targets):
            return Route(begin, targets, gain)
    return None


def _way(distance: int, left: dict[int, list[Target]], searches: list[int]) -> list[int] | None:
    """Sizes of the fewest fillers that add up to `distance` modulo `BLOCK`, or None. Found by breadth."""
    if distance == 0:
        return []
    if left.get(distance):
        return [distance]
    if searches[0] == 0:
        return None
    searches[0] -= 1
    reached: dict[int, tuple[int, ...]] = {0: ()}
    frontier = [0]
    while frontier:
        following = []
        for at in frontier:
            for size, same in left.items():
                to = (at + size) % BLOCK
                if to in reached or reached[at].count(size) == len(same):
                    continue
                reached[to] = (*reached[at], size)
                if to == distance:
                    return list(reached[to])
                following.append(to)
        frontier = following
    return None


def _width(target: Target) -> int:
    """Bytes of an element."""
    return max(1, BITS[target.dtype] // 8)


def _by_width(target: Target) -> int:
    """Wider elements first: where they end, narrower ones may begin."""
    return -_width(target)


def _are_aligned(at: int, targets: Sequence[Target]) -> bool:
    """Whether every tensor begins at a multiple of its elements' size, if the first begins at `at`."""
    for target in targets:
        if at % _width(target):
            return False
        at += target.size
    return True
