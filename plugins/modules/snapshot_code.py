#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code of scheduled snapshots on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_code
short_description: Install the Python package of scheduled snapshots on a host
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - The code travels to the host as part of this module and is written out there as package C(multicloud_dr). Files of an earlier
    version that are no longer part of it are removed. It has a directory of its own, so that other code on the host is not touched.
options:
  directory: {description: Where the package goes., type: path, default: /opt/multicloud-dr-snapshots}
attributes:
  check_mode: {support: full, description: "Says which files differ; all of them, unnamed, on a host that has no C(requests) yet."}
"""

EXAMPLES = r"""
- name: Put the code of scheduled snapshots where it is
  multicloud.dr.snapshot_code:

- name: Put it elsewhere, where /opt is another's
  multicloud.dr.snapshot_code:
    directory: /srv/multicloud-dr-snapshots
"""

RETURN = r"""
files: {description: "Files that were written or removed, relative to the package.", type: list, elements: str, returned: always}
"""

from importlib.util import find_spec

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import snapshot_run

PARTS = ("nhn", "engine", "faults", "absent", "aloud", "waiting", "ansible_glue")
ABOUT = f"Scheduled snapshots (nhn.{snapshot_run.__name__.rpartition('.')[2]}). Installed by role nhn_storage; changes made here are overwritten."
MISSING = "" if find_spec("requests") else "requests"       # the role installs it first


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "default": "/opt/multicloud-dr-snapshots"}}, supports_check_mode=True)
    if MISSING:
        if module.check_mode:
            module.exit_json(changed=True, files=[], msg=f"All of it is missing, as {MISSING} is.")
        module.fail_json(msg=missing_required_lib(MISSING))
    files = host_package.install(module.params["directory"], host_package.sources(PARTS, ABOUT), check=module.check_mode)
    module.exit_json(changed=bool(files), files=files)


if __name__ == "__main__":
    main()
