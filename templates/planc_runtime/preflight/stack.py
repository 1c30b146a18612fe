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
from planc_runtime.stack.required import UnreadableError, has_name, has_source, required_names, wanted_names


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
        wanted = {name: use for name, use in wanted_names().items() if name.partition(".")[0] == package}
        check = check_package(package, release, pins.get(package), names, wanted)
        if check is None:
            found[package] = len(names) + len(wanted)
        else:
            is_whole = False
            yield check
    if is_whole and found:
        yield Check("stack", "ok", f"{sum(found.values())} private names of {', '.join(found)} are there")


def check_package(
    package: str, release: str, pin: str | None, required: Mapping[str, str], wanted: Mapping[str, str]
) -> Check | None:
    """What is wrong with an installed package, which needs the `required` names and uses the `wanted`; None where nothing is."""
    try:
        if not has_source(package):
            unknown = f"whether it has the {len(required)} private names that the programs use is not known"
            return Check("stack", "warns", f"{package} {release} is installed without its source; {unknown}")
        missing = _missing(required)
        slower = _missing(wanted)
    except UnreadableError as error:
        return Check("stack", "fails", str(error), f"{install(package, pin)} --force-reinstall --no-deps")
    if missing is not None:
        message = f"{package} {release} has no {missing}, which the programs use"
        return Check("stack", "fails", message, f"{install(package, pin)}, as in requirements.txt")
    if slower is not None:
        return Check("stack", "warns", f"{package} {release} has no {slower}, without which steps take longer")
    return None


def _missing(names: Mapping[str, str]) -> str | None:
    """The first name that is not there, what it is for, and how many more there are; None where all are there."""
    missing = [f"{name} ({use})" for name, use in names.items() if not has_name(name)]
    if not missing:
        return None
    return missing[0] + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")


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
