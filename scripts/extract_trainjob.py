"""
Write the fields and types of Kubeflow Trainer's objects as a release declares them, for the tests of `job.trainjob.yaml`.

    python scripts/extract_trainjob.py 2.3.0

Takes the definitions from the release's Go module, so `go` has to be installed, and writes
`test/fixtures/kubeflow/trainer-<minor>.json`: a mapping of fields, `!` behind those that are required, `*` for any name; a
list in brackets; the name of a scalar, its legal words with `|` between, `intOrString`, or `any`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
MODULE = "github.com/kubeflow/trainer/v2"
# Kind -> its file among the definitions.
KINDS = {"TrainJob": "trainjobs", "TrainingRuntime": "trainingruntimes"}


def table(schema: dict[str, Any]) -> Any:
    """A schema of OpenAPI as a table; see the head of this file."""
    if schema.get("x-kubernetes-int-or-string"):
        return "intOrString"
    match schema.get("type"):
        case "array":
            return [table(schema["items"])]
        case "object" if "properties" in schema:
            required = schema.get("required", ())
            return {
                name + ("!" if name in required else ""): table(value) for name, value in schema["properties"].items()
            }
        case "object" if "additionalProperties" in schema:
            return {"*": table(schema["additionalProperties"])}
        case "string" if "enum" in schema:
            return "|".join(schema["enum"])
        case "string" | "integer" | "number" | "boolean" as name:
            return name
    return "any"


def definitions(version: str) -> Path:
    """The folder of the release's definitions."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["go", "mod", "download", "-json", f"{MODULE}@v{version}"]
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    module = json.loads(told.stdout or "{}")
    if "Dir" not in module:
        sys.exit(f"error: {MODULE} {version} cannot be had: {module.get('Error') or told.stderr.strip()}")
    return Path(module["Dir"]) / "manifests/base/crds"


def kind_of(folder: Path, name: str) -> tuple[str, Any]:
    """The API version of a kind, and its table."""
    definition = yaml.safe_load((folder / f"trainer.kubeflow.org_{name}.yaml").read_text(encoding="utf-8"))
    (version,) = definition["spec"]["versions"]
    fields = table(version["schema"]["openAPIV3Schema"])
    fields["metadata"] = {"name!": "string", "namespace": "string", "labels": {"*": "string"}}
    fields.pop("status", None)
    return f"{definition['spec']['group']}/{version['name']}", fields


def main() -> None:
    version = sys.argv[1]
    folder = definitions(version)
    kinds = {kind: kind_of(folder, name) for kind, name in KINDS.items()}
    (api_version,) = {found for found, _ in kinds.values()}
    content = {"version": version, "apiVersion": api_version, "kinds": {kind: own for kind, (_, own) in kinds.items()}}
    target = ROOT / f"test/fixtures/kubeflow/trainer-{version.rpartition('.')[0]}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
