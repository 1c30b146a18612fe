"""What is printed: short sections, of only what differs."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, field


@dataclass
class Section:
    """A heading and what differs under it; without lines nothing does."""

    title: str
    lines: list[str] = field(default_factory=list)


def some(names: list[str], most: int = 12) -> str:
    """Names, the first of many."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


class Report:
    """Prints sections as they are found, and what there is to review at the end."""

    def __init__(self) -> None:
        self.to_review: list[str] = []

    def add(self, *sections: Section) -> None:
        for section in sections:
            if not section.lines:
                continue
            self.to_review.append(section.title)
            print(f"\n{section.title}")
            for line in section.lines:
                print(textwrap.fill(line, 118, initial_indent="  ", subsequent_indent="      ", break_long_words=False))
            sys.stdout.flush()

    def end(self) -> int:
        """The exit code."""
        print(f"\nto review: {', '.join(self.to_review)}" if self.to_review else "\nnothing to review")
        return 1 if self.to_review else 0
