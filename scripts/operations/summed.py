"""A piece as sums by name, for layers that compute in a loop over the tokens: their storages grow in number with the length."""

from __future__ import annotations

from collections import Counter

import torch
from operations.fitting import counts
from operations.pieces import EXPERTS, Event, RawPiece, Storage
from operations.prune import Moment, moments

LAST = "gradient of the input"


def summed(piece: RawPiece) -> RawPiece:
    """
    The same piece with one storage for all of a name that are allocated at a moment. Moments are left out that hold of no name more than
    another, so that what is left does not depend on how often a loop runs.
    """
    found = RawPiece(
        keeps_input=piece.keeps_input, shares_gradient=piece.shares_gradient, problems=piece.problems
    )
    now: dict[str, tuple[int, int]] = {}
    kept = moments(piece.forward)[-1].alive
    for events, begin, target in ((piece.forward, frozenset(), found.forward), (piece.backward, kept, found.backward)):
        for moment, sums in fullest(moments(events, begin), piece.storages):
            turn(now, sums, found.storages, target)
            if moment.event == EXPERTS:
                target.append(EXPERTS)
    found.lasting = [len(found.storages) + place for place in range(len(piece.lasting))]
    found.storages += [piece.storages[number] for number in piece.lasting]
    return found


def fullest(all_moments: list[Moment], storages: list[Storage]) -> list[tuple[Moment, Counter[str]]]:
    named = []
    for moment in all_moments:
        sums: Counter[str] = Counter()
        for number in moment.alive:
            if counts(storages[number].bytes):
                sums[storages[number].name] += storages[number].bytes
        named.append((moment, sums))
    names = sorted({name for _, sums in named for name in sums})
    table = torch.tensor([[sums[name] for name in names] for _, sums in named], dtype=torch.int64).reshape(len(named), len(names))
    stays = torch.tensor([moment.stays for moment, _ in named])
    kept = []
    for place, (moment, sums) in enumerate(named):
        same = (table == table[place]).all(dim=1)
        covers = (table >= table[place]).all(dim=1)
        # Of moments that hold the same, the first is left, or one that stays.
        if moment.stays or not bool((covers & (~same | stays | (torch.arange(len(named)) < place))).any()):
            kept.append((moment, sums))
    return kept


def turn(now: dict[str, tuple[int, int]], sums: Counter[str], storages: list[Storage], events: list[Event]) -> None:
    """Events from what is allocated to what is next; `now`: name → number of the storage and bytes."""
    for name in sorted(now, key=lambda name: (name == LAST, name)):
        number, size = now[name]
        if sums[name] != size:
            events.append(~number)
            del now[name]
    for name, size in sorted(sums.items()):
        if name not in now and size > 0:
            now[name] = (len(storages), size)
            events.append(len(storages))
            storages.append(Storage(name, size))
