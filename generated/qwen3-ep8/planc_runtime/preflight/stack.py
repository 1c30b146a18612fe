"""The private names of the stack that the programs use: a release that lacks one would end the job when it comes to it.

    python -m planc_runtime.preflight.stack plan.lock.json [--json]

Looks at the installed releases and their source alone, so that a machine without GPUs, or without torch, can say it too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from planc_runtime.preflight.check import Check, report, worst
from planc_runtime.preflight.lock import read_lock
from planc_runtime.preflight.versions import check_versions, install
from planc_runtime.stack.required import has_name, is_installed, required_names


def check_stack(pins: Mapping[str, str]) -> Iterator[Check]:
    """
    One check for each package that lacks a name, or one for all. Packages that are not installed are left to `check_versions`.

    Args:
        pins: package -> the release that the plan was checked against.
    """
    missing: dict[str, list[str]] = {}
    names = {name: use for name, use in required_names().items() if is_installed(package_of(name))}
    for name, use in names.items():
        if not has_name(name):
            missing.setdefault(package_of(name), []).append(f"{name} ({use})")
    for package, lacking in missing.items():
        more = f" and {len(lacking) - 1} more names" if len(lacking) > 1 else ""
        message = f"{package} {version(package)} has no {lacking[0]}{more}, which the programs use"
        yield Check("stack", "fails", message, f"{install(package, pins.get(package))}, as in requirements.txt")
    if not missing:
        packages = ", ".join(sorted(set(map(package_of, names)))) or "no package"
        yield Check("stack", "ok", f"{len(names)} private names of {packages} are there")


def package_of(name: str) -> str:
    return name.partition(".")[0]


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--json", action="store_true", help="print the checks as one JSON object")
    arguments, _ = parser.parse_known_args()
    pins = read_lock(arguments.lock)["plan"]["stack"]["versions"]
    checks = [*check_versions(pins), *check_stack(pins)]
    print(report(checks) if arguments.json else "\n".join(check.line() for check in checks))
    sys.exit(2 if worst(checks) == "fails" else 0)


if __name__ == "__main__":
    main()
