"""Holds the manifests of a folder against Kubernetes' own schemas, and prints them as JSON."""

import json
import pathlib
import sys

import kubernetes_validate
import yaml

# The oldest that is supported somewhere, and the newest that the schemas know.
VERSIONS = ["1.30", "1.37"]


def main() -> None:
    objects = []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            for version in VERSIONS:
                kubernetes_validate.validate(document, version, strict=True)
            objects.append(document)
    if not objects:
        sys.exit("there are no manifests")
    print(json.dumps(objects))


main()
