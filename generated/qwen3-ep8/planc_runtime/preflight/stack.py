"""The private names of the stack that the programs use: a release that lacks one would end the job when it comes to it.

    python -m planc_runtime.preflight.stack plan.lock.json [--json]

Looks at the installed releases and their source alone, so that a machine without GPUs, or without torch, can say it too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from planc_runtime.preflight.check import Check, report, worst
from planc_runtime.preflight.lock import read_lock
from planc_runtime.preflight.versions import check_versions, install
from planc_runtime.stack.required import UnreadableError, has_name, has_source, required_names


def check_stack(pins: Mapping[str, str]) -> Iterator[Check]:
    """
    One check for each package of which not every name is there, or one for all. Packages that are not installed are left to
    `check_versions`.

    Args:
        pins: package -> the release that the plan was checked against.
    """
    tables: dict[str, dict[str, str]] = {}
    for name, use in required_names().items():
        tables.setdefault(name.partition(".")[0], {})[name] = use
    found: dict[str, int] = {}
    is_whole = True
    for package, names in sorted(tables.items()):
        try:
            release = version(package)
        except PackageNotFoundError:
            continue
        check = check_package(package, release, pins.get(package), names)
        if check is None:
            found[package] = len(names)
        else:
            is_whole = False
            yield check
    if is_whole and found:
        yield Check("stack", "ok", f"{sum(found.values())} private names of {', '.join(found)} are there")


def check_package(package: str, release: str, wanted: str | None, names: Mapping[str, str]) -> Check | None:
    """What is wrong with an installed package, of which `names` are needed; None where nothing is."""
    try:
        if not has_source(package):
            unknown = f"whether it has the {len(names)} private names that the programs use is not known"
            return Check("stack", "warns", f"{package} {release} is installed without its source; {unknown}")
        missing = [f"{name} ({use})" for name, use in names.items() if not has_name(name)]
    except UnreadableError as error:
        return Check("stack", "fails", str(error), f"{install(package, wanted)} --force-reinstall --no-deps")
    if not missing:
        return None
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    message = f"{package} {release} has no {missing[0]}{more}, which the programs use"
    return Check("stack", "fails", message, f"{install(package, wanted)}, as in requirements.txt")


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
