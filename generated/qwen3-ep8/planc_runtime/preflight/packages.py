"""The packages beside the stack that the plan asks for: kernels for attention, what reports go to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from planc_runtime.preflight.check import Check
from planc_runtime.preflight.options import Options


def needed_packages(lock: Mapping[str, Any], options: Options) -> list[Mapping[str, str]]:
    """Those that this start needs: attention has no kernels on the CPU, and reports may go elsewhere."""
    unused = {"model.attn_implementation"} if options.cpu else set()
    if options.report_to is not None:
        unused.add(f"{lock['trainer']['task']}.report_to")
    return [package for package in lock["engine"]["packages"] if package["for"] not in unused]


def check_packages(packages: list[Mapping[str, str]]) -> Iterator[Check]:
    """One check a package, each with its `name`, `range` and the key of the plan that it is `for`."""
    for package in packages:
        name, wanted = package["name"], package["range"]
        advice = f"pip install '{name}{wanted}'"
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Check(name, "fails", f"not installed; {package['for']} needs it", advice)
            continue
        if is_within(found, wanted):
            yield Check(name, "ok", found)
        else:
            yield Check(name, "fails", f"{found} is installed; {package['for']} needs {name}{wanted}", advice)


def is_within(found: str, wanted: str) -> bool:
    """Whether a release lies in a range such as ">=0.18.2,<0.19", which its numbers alone decide."""
    for bound in filter(None, wanted.split(",")):
        least, limit = numbers(found), numbers(bound)
        width = max(len(least), len(limit))
        least, limit = (each + [0] * (width - len(each)) for each in (least, limit))
        fits = {">=": least >= limit, "<": least < limit}
        if not fits["<" if bound.startswith("<") else ">="]:
            return False
    return True


def numbers(text: str) -> list[int]:
    """The numbers of a release: "0.18.2rc1" -> [0, 18, 2]."""
    found = re.search(r"\d+(\.\d+)*", text)
    return [int(part) for part in found.group().split(".")] if found else []
