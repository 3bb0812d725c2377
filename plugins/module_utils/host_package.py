# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How code gets onto a host: a module brings it along, and writes it out as package `multicloud_dr`, in one task instead of one a file."""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

HOME = __name__.removesuffix(".host_package")


def sources(parts: Collection[str], about: str) -> dict[str, str]:
    """{path inside the package: text} of every loaded module that belongs to `parts`, names below module_utils. about: the package's docstring."""
    found = {"__init__.py": f'"""{about}"""\n'}
    for name, loaded in list(sys.modules.items()):
        inside = name.removeprefix(f"{HOME}.")
        if inside != name and inside.split(".")[0] in parts:
            path = inside.replace(".", "/") + ("/__init__.py" if hasattr(loaded, "__path__") else ".py")
            found[path] = inspect.getsource(loaded)
    return found


def install(directory: str, wanted: dict[str, str], *, check: bool) -> list[str]:
    """Make the package below a directory what it should be; the files that differed, relative to it. Files of an earlier version go."""
    package = Path(directory) / "multicloud_dr"
    have = {str(path.relative_to(package)): path.read_text(encoding="utf-8") for path in package.rglob("*.py")} if package.is_dir() else {}
    changed, gone = sorted(path for path in wanted if have.get(path) != wanted[path]), sorted(set(have) - set(wanted))
    if not check:
        for path in changed:
            _write(package / path, wanted[path])
        for path in gone:
            (package / path).unlink()
    return changed + gone


def _write(path: Path, text: str) -> None:
    """Replace a file in one step."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)
