# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Python compiled out of a zip is kept: Ansible brings each module with its library in one, and compiling that takes an emulated processor
seconds, each time.
"""

import _imp
import marshal
import os
import zipimport

FOLDER = "/var/cache/multicloud-dr-compiled"
_compile = zipimport._compile_source         # type: ignore[attr-defined]


def kept(path, source):
    """The same as zipimport's own; whatever goes wrong with what is kept, it is compiled."""
    name = f"{FOLDER}/{_imp.source_hash(0, source).hex()}"
    try:
        with open(name, "rb") as file:
            return marshal.load(file)
    except (OSError, EOFError, ValueError, TypeError):
        pass
    code = _compile(path, source)
    try:
        with open(f"{name}.{os.getpid()}", "wb") as file:
            marshal.dump(code, file)
        os.rename(f"{name}.{os.getpid()}", name)
    except OSError:
        pass
    return code


if os.path.isdir(FOLDER) and os.geteuid() == 0:
    zipimport._compile_source = kept        # type: ignore[attr-defined]
