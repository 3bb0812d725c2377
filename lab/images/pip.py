# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets a build use pip as this machine does: its settings, its certificates, and the local folders its settings name.

They go in as one configuration file that is mounted for the build alone: environment variables would stay in the image.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab import files

MACHINE_CONFIGS = (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf")


def pip_flags(environment: Mapping[str, str], merged: Path, configs: Iterable[Path] = MACHINE_CONFIGS) -> list[str]:
    """--volume flags of `podman build`. `merged`: where to write the one file made of pip's configuration files and variables."""
    settings = pip_settings(environment, configs)
    files.write(merged, "[global]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(settings.items())), mode=0o644)
    mounts = {str(merged): "/etc/pip.conf", **{path: path for path in _local_paths(settings.values())}}
    return [f"--volume={source}:{target}:ro" for source, target in sorted(mounts.items())]


def pip_settings(environment: Mapping[str, str], configs: Iterable[Path]) -> dict[str, str]:
    """pip's settings by their long names, e.g. {"find-links": "/opt/wheels"}; a variable wins over a file, as pip has it."""
    settings: dict[str, str] = {}
    if bundle := environment.get("REQUESTS_CA_BUNDLE") or environment.get("SSL_CERT_FILE"):
        settings["cert"] = bundle
    for path in configs:
        parser = configparser.RawConfigParser()
        parser.read(path)
        if parser.has_section("global"):
            settings.update({key.replace("_", "-"): " ".join(value.split()) for key, value in parser.items("global")})
    settings.update({key.removeprefix("PIP_").lower().replace("_", "-"): value
                     for key, value in environment.items() if key.startswith("PIP_") and key != "PIP_CONFIG_FILE"})
    return settings


def _local_paths(values: Iterable[str]) -> set[str]:
    """What must be mounted. Of an index (a file:// URL) its parent: the pages of an index link to files beside it."""
    found = set()
    for token in (token for value in values for token in value.split()):
        path = Path(token.removeprefix("file://"))
        if path.is_absolute() and path.exists():
            found.add(str(path.parent if token.startswith("file://") else path))
    return found
