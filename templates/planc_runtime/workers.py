"""Do tasks on several threads; the first failure stops all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Task = TypeVar("Task")


def work(tasks: Iterable[Task], do: Callable[[Task], None], jobs: int) -> None:
    """Call `do` for each task, `jobs` at a time, in order; raise what the first that failed raised."""
    pending = iter(tasks)
    lock = threading.Lock()
    failures: list[BaseException] = []

    def loop() -> None:
        while not failures:
            with lock:
                task = next(pending, None)
            if task is None:
                return
            try:
                do(task)
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=loop, daemon=True) for _ in range(jobs - 1)]
    for thread in threads:
        thread.start()
    loop()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
