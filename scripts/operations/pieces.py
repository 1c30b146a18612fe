"""Cuts a tape into pieces: what stands before the layers, each layer, what stands behind them. See src/estimate/program.ts."""

from __future__ import annotations

from dataclasses import dataclass, field

from operations.tape import Allocation, Free, Item, Mark

# Events of a piece: a storage's number comes to be, minus the number goes, or another piece runs.
EXPERTS = "experts"
Event = int | str


@dataclass
class Storage:
    name: str
    bytes: int


@dataclass
class RawPiece:
    """A piece with everything that it allocates, storages numbered in the order in which they come to be."""

    storages: list[Storage] = field(default_factory=list)
    forward: list[Event] = field(default_factory=list)
    backward: list[Event] = field(default_factory=list)
    # Storages of what stands before the layers that go when the last layer's forward is done.
    lasting: list[int] = field(default_factory=list)
    # The forward leaves the layer's input allocated for backward.
    keeps_input: bool = True
    # The gradient of the experts' output is another branch's too: it stays while their backward runs.
    shares_gradient: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def shape(self) -> tuple:
        """What must be the same at every size."""
        return (
            tuple(storage.name for storage in self.storages),
            tuple(self.forward),
            tuple(self.backward),
            self.keeps_input,
            self.shares_gradient,
            tuple(self.lasting),
        )


@dataclass
class _Region:
    begin: int
    end: int


class Cutter:
    """Cuts one tape. `gradients`: pointers of the gradients of parameters, which belong to no piece."""

    def __init__(self, items: list[Item], gradients: set[int]) -> None:
        self.items = items
        self.allocated = {item.number: place for place, item in enumerate(items) if isinstance(item, Allocation)}
        self.freed = {item.number: place for place, item in enumerate(items) if isinstance(item, Free)}
        self.end = len(items)
        self.weights = {
            item.number
            for item in items
            if isinstance(item, Allocation) and item.pointer in gradients and item.number not in self.freed
        }
        self.marks = {item.words: place for place, item in enumerate(items) if isinstance(item, Mark)}
        self.count = sum(words[0] == "layer" for words in self.marks)
        expected = 2 * self.count + 6
        found = sum(words[0] in ("begin", "layer", "after", "head", "backward", "end") for words in self.marks)
        seen = [item.words for item in items if isinstance(item, Mark) and item.words[0] in ("layer", "backward")]
        self.problems = [] if found == expected and len(seen) == len(set(seen)) else ["layers do not run once each"]

    def layer(self, index: int) -> RawPiece:
        last = index == self.count - 1
        forward = _Region(self.at("layer", index), self.at("after") if last else self.at("layer", index + 1))
        after = self.at("backward", "embedding" if index == 0 else index - 1)
        return self.cut(forward, _Region(self.at("backward", index), after))

    def before(self) -> RawPiece:
        """What is allocated before the first layer, and its backward."""
        forward = _Region(self.at("begin"), self.at("layer", 0))
        return self.cut(forward, _Region(self.at("backward", "embedding"), self.at("end")), is_before=True)

    def behind(self) -> RawPiece:
        """What is allocated behind the last layer until the head, and its backward."""
        backward = _Region(self.at("backward", "behind"), self.at("backward", self.count - 1))
        return self.cut(_Region(self.at("after"), self.at("head")), backward)

    def at(self, *words: str | int) -> int:
        return self.marks[tuple(map(str, words))]

    def mark(self, place: int) -> Mark:
        item = self.items[place]
        assert isinstance(item, Mark)
        return item

    def cut(self, forward: _Region, backward: _Region, is_before: bool = False) -> RawPiece:
        piece = RawPiece(problems=list(self.problems))
        output = self.handed(forward.end)
        begins, ends = self.handed(backward.begin), self.handed(backward.end)
        given = self.handed(forward.begin)
        piece.keeps_input = given is None or self.freed.get(given, self.end) >= self.at("head")
        names: dict[int, int] = {}
        alive: set[int] = set()

        def add(number: int, events: list[Event], name: str | None = None) -> None:
            item = self.items[self.allocated[number]]
            assert isinstance(item, Allocation)
            said = name or f"{item.module}: {item.operation}".removeprefix(": ")
            names[number] = len(piece.storages)
            piece.storages.append(Storage("output" if number == output else said, item.bytes))
            events.append(names[number])
            alive.add(number)

        def drop(number: int, events: list[Event]) -> None:
            events.append(~names[number])
            alive.discard(number)

        self.play(forward, add, drop, alive, piece.forward, piece)
        for number in sorted(alive - {output}):
            if self.freed.get(number, self.end) < self.at("head"):
                drop(number, piece.forward)
                if is_before:
                    piece.lasting.append(names[number])
                else:
                    piece.problems.append(f"{piece.storages[names[number]].name} goes in another layer's forward")
        if begins is None:
            piece.problems.append("the gradient of the output has no storage")
            return piece
        kept = set(alive)
        if begins in names:
            drop(begins, piece.forward)
        add(begins, piece.backward, "gradient of the output")
        for number in sorted(kept):
            if self.freed.get(number, self.end) < backward.begin:
                drop(number, piece.backward)
        self.play(backward, add, drop, alive, piece.backward, piece)
        for number in sorted(alive - {ends}):
            if number not in kept and number != begins and self.freed.get(number, self.end) > self.next_mark(backward.end):
                piece.problems.append(f"{piece.storages[names[number]].name} stays behind its layer's backward")
            drop(number, piece.backward)
        if ends is None:
            return piece
        if ends not in names:
            piece.problems.append("the gradient of the input is allocated elsewhere")
            return piece
        if ends != begins:
            piece.storages[names[ends]].name = "gradient of the input"
        drop(ends, piece.backward)
        return piece

    def handed(self, place: int) -> int | None:
        """The storage that a piece hands to the next at a mark."""
        storages = self.mark(place).storages
        return storages[0] if storages else None

    def next_mark(self, place: int) -> int:
        later = (number for number in range(place + 1, self.end) if isinstance(self.items[number], Mark))
        return next((at for at in later if self.mark(at).words[0] in ("backward", "end")), self.end)

    def play(self, region: _Region, add, drop, alive: set[int], events: list[Event], piece: RawPiece) -> None:
        handed: int | None = None
        for place in range(region.begin, region.end):
            item = self.items[place]
            if isinstance(item, Allocation):
                if item.number not in self.weights:
                    add(item.number, events, "mlp.experts: output" if self.is_output(place) else None)
            elif isinstance(item, Free):
                if item.number in alive:
                    drop(item.number, events)
            elif item.words[0] == "experts":
                events.append(EXPERTS)
            elif item.words[0] == "experts backward":
                handed = item.storages[0]
                if handed in alive and self.goes_with_experts(handed, place):
                    drop(handed, events)
                else:
                    piece.shares_gradient = True
                events.append(EXPERTS)

    def is_output(self, place: int) -> bool:
        before = self.items[place - 1]
        return isinstance(before, Mark) and before.words[0] == "experts"

    def goes_with_experts(self, number: int, place: int) -> bool:
        """Whether nobody but the experts' backward, which begins at `place`, holds a gradient."""
        for item in self.items[place + 1 : self.freed.get(number, self.end)]:
            if isinstance(item, Allocation) and "_Experts" not in item.operation:
                return False
        return number in self.freed
