"""Find circles among the imports of a package's modules, whether at the top of a file, in a function or for types alone.

    python import_circles.py PACKAGE_FOLDER

Prints JSON: {"modules": how many, "circles": [[module, ...], ...]}, each circle as the modules that lead back to the first.
`from package import name` is an import of the module `package.name` where there is one, else of the package.
"""

import ast
import json
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]).resolve()
FILES = {
    ".".join(file.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__"): file
    for file in FOLDER.rglob("*.py")
}


def imports_of(module: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if name in FILES else node.module for name in inner]
    return sorted({name for name in found if name in FILES and name != module})


def circles() -> list[list[str]]:
    graph = {module: imports_of(module) for module in FILES}
    found, done = [], set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            found.append(path[path.index(module) :])
            return
        if module in done:
            return
        for other in graph[module]:
            visit(other, [*path, module])
        done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return found


print(json.dumps({"modules": len(FILES), "circles": circles()}))
