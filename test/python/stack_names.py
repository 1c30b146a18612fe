"""Look for the private names that the runtime needs, by import and by the runtime's own reading of the source.

    python stack_names.py RUNTIME [NAME ...]

Prints JSON: "releases" installed, "names" that were looked for (those of the tables and those given), "imported": names that
are not there by import, "read": names that are not there by `has_name`.
"""

import importlib
import inspect
import json
import re
import sys
from importlib.metadata import version

sys.path.insert(0, sys.argv[1])

from planc_runtime.stack.required import has_name, has_source, required_names, wanted_names


def is_there(dotted: str) -> bool:
    """Whether Python finds the name: an attribute, a field, or one that the class or module itself assigns."""
    parts = dotted.split(".")
    found, at = None, len(parts)
    while at and found is None:
        try:
            found = importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError:
            at -= 1
    for name in parts[at:]:
        if not hasattr(found, name):
            owners = [owner for owner in found.__mro__ if owner is not object] if inspect.isclass(found) else [found]
            if any(name in getattr(owner, "__annotations__", {}) for owner in owners):
                return True
            return any(re.search(rf"^\s+\w+\.{name}(: [^=]+)? = ", inspect.getsource(owner), re.M) for owner in owners)
        found = getattr(found, name)
    return at > 0


used = [*required_names(), *wanted_names()]
names = [*(name for name in used if has_source(name.partition(".")[0])), *sys.argv[2:]]
print(
    json.dumps(
        {
            "releases": {package: version(package) for package in sorted({name.partition(".")[0] for name in names})},
            "names": names,
            "imported": [name for name in names if not is_there(name)],
            "read": [name for name in names if not has_name(name)],
        }
    )
)
