"""Tells as JSON the version of each module that can be imported, null for the others. Arguments: their names."""

import importlib
import importlib.metadata as metadata
import json
import sys


def version_of(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return None
    distribution = {"PIL": "Pillow"}.get(name, name)
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


versions = {name: version_of(name) for name in sys.argv[1:]}
print(json.dumps({"python": sys.version.split()[0], **versions}))
