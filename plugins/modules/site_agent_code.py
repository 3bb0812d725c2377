#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's own code on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_agent_code
short_description: Install the Python package of the site agent on a host
version_added: 0.1.0
author: The multicloud.dr contributors
description:
  - The code travels to the host as part of this module and is written out there as package C(multicloud_dr), in one task instead of
    one for each file. Files of an earlier version that are no longer part of it are removed.
options:
  directory: {description: Where the package goes., type: path, default: /opt/multicloud-dr}
attributes:
  check_mode: {support: full, description: Says which files differ.}
"""

EXAMPLES = r"""
- multicloud.dr.site_agent_code:
"""

RETURN = r"""
files: {description: "Files that were written or removed, relative to the package.", type: list, elements: str, returned: always}
"""

import inspect
import os
import sys
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch import daemon

HOME = daemon.__name__.removesuffix(".switch.daemon")
PARTS = ("switch", "mysql", "faults", "waiting")    # what the agent consists of; nothing of it knows Ansible
PACKAGE = '"""The agent of one site of a pair that fails over. Installed by role site_agent; changes made here are overwritten."""\n'


def sources():
    """{path inside the package: text} of every module the agent has loaded."""
    found = {"__init__.py": PACKAGE}
    for name, loaded in list(sys.modules.items()):
        inside = name.removeprefix(f"{HOME}.")
        if inside != name and inside.split(".")[0] in PARTS:
            path = inside.replace(".", "/") + ("/__init__.py" if hasattr(loaded, "__path__") else ".py")
            found[path] = inspect.getsource(loaded)
    return found


def write(path, text):
    """Replace a file in one step."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "default": "/opt/multicloud-dr"}}, supports_check_mode=True)
    package = Path(module.params["directory"]) / "multicloud_dr"
    wanted = sources()
    have = {str(path.relative_to(package)): path.read_text(encoding="utf-8") for path in package.rglob("*.py")} if package.is_dir() else {}
    changed = sorted(path for path in wanted if have.get(path) != wanted[path])
    gone = sorted(set(have) - set(wanted))
    if not module.check_mode:
        for path in changed:
            write(package / path, wanted[path])
        for path in gone:
            (package / path).unlink()
    module.exit_json(changed=bool(changed or gone), files=changed + gone)


if __name__ == "__main__":
    main()
