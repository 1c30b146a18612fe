"""Which modules of `planc_runtime` a bundle's programs name that are not in the bundle, and which of it nothing names.

    python bundle_modules.py BUNDLE...

Every import counts, wherever it stands, and every text that is a module's name. Prints JSON: for each bundle
`{"missing": ["FILE: MODULE", ...], "unnamed": [MODULE, ...]}`.
"""

import ast
import json
import re
import sys
from pathlib import Path

NAME = re.compile(r"planc_runtime(\.\w+)+")


def look(bundle: Path) -> dict[str, list[str]]:
    files = {
        ".".join(file.relative_to(bundle).with_suffix("").parts).removesuffix(".__init__"): file
        for file in bundle.rglob("*.py")
    }
    missing, named = [], {"planc_runtime"}

    def need(module: str, file: Path) -> None:
        parts = module.split(".")
        named.update(".".join(parts[: end + 1]) for end in range(len(parts)))
        named.add(f"{module}.__main__")
        if module not in files:
            missing.append(f"{file.relative_to(bundle)}: {module}")

    for file in files.values():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.startswith("planc_runtime"):
                        need(alias.name, file)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("planc_runtime"):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    need(inner if inner in files else node.module, file)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
                need(node.value, file)
    for file in bundle.iterdir():
        if file.is_file() and file.suffix != ".py" and file.name != "plan.lock.json":
            for match in NAME.finditer(file.read_text(encoding="utf-8")):
                need(match[0], file)
    return {"missing": missing, "unnamed": sorted(m for m in files if m.startswith("planc_runtime") and m not in named)}


print(json.dumps([look(Path(name)) for name in sys.argv[1:]]))
