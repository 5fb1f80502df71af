"""What the examples of several rules have in common."""

from __future__ import annotations

# The pyproject.toml of a module, as far as rules read it.
MANIFEST = """\
[tool.dg.project]
root_module = "bar_dagster"
[tool.dmb]
manifest = 1
name = "bar"
title = "Bar"
code_location = "isolated"
database = "none"
governance = "quick"
template_version = "0.1.0"
[tool.dmb.ports]
grpc = 4001
"""

# A registry that holds one module.
REGISTRY = """\
{
 "registry": 1, "runtime": "local", "code_servers": false,
 "modules": {
  "bar": {"path": "%(path)s", "location_name": "%(location)s", "package": "%(package)s", "database": "none",
   "added": "", "ports": {}, "blocks": {%(blocks)s}}
 }
}
"""


def registry(
    path: str = "", *, location: str = "bar", package: str = "bar_dagster", blocks: str = ""
) -> dict[str, str]:
    """The file of a registry with the module bar in the folder `path`; `blocks` are its digests as JSON."""
    return {".dmb/registry.json": REGISTRY % {"path": path, "location": location, "package": package, "blocks": blocks}}


# How files of code begin: as every one does, with a job for a schedule or a sensor, and with variables.
CODE = "import dagster as dg\n\n\n"
JOB = "import dagster as dg\n\nnightly = dg.define_asset_job('nightly')\n\n"
ENV = "import os\n\nimport dagster as dg\n\n"
