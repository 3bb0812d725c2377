# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the collection stands on, in CycloneDX: collections as galaxy.yml and collections/requirements.yml name them, and Python packages as
requirements.txt pins them. `python sbom.py CLONE OUT EPOCH`, with a Python that has cyclonedx-python-lib. The same input gives the same bytes.
"""

from __future__ import annotations

import re
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(==|>=)([^\s;#]+)")


def pins(path: Path) -> list[tuple[str, str, bool]]:
    """(name, version, whether it is exactly that one) of a file of requirements, and of the files that it names."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += pins(path.parent / line[3:].strip())
        elif pin := PIN.match(line):
            found.append((pin[1].lower().replace("_", "-"), pin[3], pin[2] == "=="))
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{path.name}: {line!r} names no version")
    return found


def collections(root: Path) -> list[tuple[str, str, bool]]:
    """(name, version, whether required to run)."""
    needed = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    named = yaml.safe_load((root / "collections" / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    return [(each["name"], str(each["version"]), each["name"] in needed) for each in named]


def whole(root: Path, epoch: int) -> Bom:
    """The bill. epoch: when it is said to have been written."""
    galaxy: dict[str, Any] = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    itself = Component(name=f"{galaxy['namespace']}.{galaxy['name']}", version=galaxy["version"], type=ComponentType.LIBRARY, bom_ref="itself",
                       supplier=OrganizationalEntity(name=galaxy["authors"][0]))
    parts = {}
    for name, version, needed in collections(root):
        parts[f"collection {name}"] = Component(
            name=name, version=version, type=ComponentType.LIBRARY, bom_ref=f"galaxy:{name}@{version}",
            purl=PackageURL("generic", name.split(".")[0], name.split(".")[1], version, {"repository_url": "https://galaxy.ansible.com"}),
            scope=ComponentScope.REQUIRED if needed else ComponentScope.OPTIONAL)
    for name, version, exact in sorted(set(pins(root / "requirements.txt"))):
        if exact or f"package {name}" not in parts:
            parts[f"package {name}"] = Component(name=name, version=version, type=ComponentType.LIBRARY, bom_ref=f"pypi:{name}@{version}",
                                                 purl=PackageURL("pypi", None, name, version), scope=ComponentScope.OPTIONAL)
    bom = Bom(components=parts.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{itself.name}:{itself.version}:{epoch}"))
    bom.metadata.component, bom.metadata.timestamp = itself, datetime.fromtimestamp(epoch, UTC)
    bom.register_dependency(itself, parts.values())
    return bom


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(JsonV1Dot6(whole(Path(sys.argv[1]), int(sys.argv[3]))).output_as_string(indent=1) + "\n", encoding="utf-8")
