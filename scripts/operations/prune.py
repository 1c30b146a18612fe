"""Leaves out of a piece what can never be its peak, whatever the sizes are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from operations.pieces import EXPERTS, Event


@dataclass(frozen=True)
class Moment:
    """What is allocated at one moment. `stays`: whatever it is, another piece runs here, or it is the end."""

    alive: frozenset[int]
    event: Event | None = None

    @property
    def stays(self) -> bool:
        return self.event is not None


def moments(events: list[Event], alive: frozenset[int] = frozenset()) -> list[Moment]:
    """Every moment behind an allocation, those at which another piece runs, and the last."""
    found = []
    for place, event in enumerate(events):
        if isinstance(event, str):
            found.append(Moment(alive, EXPERTS))
            continue
        alive = alive | {event} if event >= 0 else alive - {~event}
        grows = event >= 0 and (place + 1 == len(events) or not (isinstance(events[place + 1], int) and events[place + 1] >= 0))
        if grows:
            found.append(Moment(alive))
    return [*found, Moment(alive, "end")]


def prune(events: list[Event], bytes_of: Callable[[int], str | None], alive: frozenset[int]) -> list[Event]:
    """
    The same events without the moments that hold term by term no more than another moment of the same list.

    Args:
        bytes_of: the formula of a storage; None for one that counts for nothing.
        alive: what is allocated when the events begin.
    """
    counted = frozenset(number for number in alive if bytes_of(number) is not None)
    kept = [Moment(frozenset(n for n in each.alive if bytes_of(n) is not None), each.event) for each in moments(events, alive)]
    terms = [Counter(bytes_of(number) for number in each.alive) for each in kept]
    chosen = [
        place
        for place, each in enumerate(kept)
        if each.stays
        or not any(
            terms[place] <= terms[other] and (terms[place] != terms[other] or other < place or kept[other].stays)
            for other in range(len(kept))
            if other != place
        )
    ]
    found: list[Event] = []
    now = counted
    order = {event: place for place, event in enumerate(events) if isinstance(event, int)}
    for place in chosen:
        there = kept[place].alive
        found += sorted((~number for number in now - there), key=lambda event: order.get(event, -1))
        found += sorted(there - now, key=lambda event: order[event])
        now = there
        if kept[place].event == EXPERTS:
            found.append(EXPERTS)
    return found
