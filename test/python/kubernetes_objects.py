"""
Judge objects by the API of each release of Kubernetes that is maintained, as strictly as the server: unknown fields are errors.

Reads a JSON list of YAML texts; prints a JSON list of what is wrong, each with the number of its text and the release.
"""

import functools
import json
import sys

import yaml
from kubernetes_validate import utils

RELEASES = ["1.33", "1.34", "1.35", "1.36", "1.37"]

# It reads the whole API anew for each object.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)

faults = []
for number, text in enumerate(json.load(sys.stdin)):
    for document in yaml.safe_load_all(text):
        for release in RELEASES:
            try:
                used = utils.validate(document, release, strict=True)
            except utils.ValidationError as error:
                faults.append([number, release, "/".join(map(str, error.absolute_path)), error.message[:300]])
                continue
            if used != release:
                faults.append([number, release, "", f"judged by {used}"])
json.dump(faults, sys.stdout)
