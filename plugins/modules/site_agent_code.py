#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's own code on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_agent_code
short_description: Install the Python package of the site agent on a host
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - The code travels to the host as part of this module and is written out there as package C(multicloud_dr), in one task instead of
    one for each file. Files of an earlier version that are no longer part of it are removed.
options:
  directory: {description: Where the package goes., type: path, default: /opt/multicloud-dr}
attributes:
  check_mode: {support: full, description: Says which files differ.}
"""

EXAMPLES = r"""
- name: Put the agent's code where it is
  multicloud.dr.site_agent_code:

- name: Put it elsewhere, where /opt is another's
  multicloud.dr.site_agent_code:
    directory: /srv/multicloud-dr
"""

RETURN = r"""
files: {description: "Files that were written or removed, relative to the package.", type: list, elements: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.switch import daemon

PARTS = ("switch", "mysql", "faults", "aloud", "waiting")    # what the agent consists of; nothing of it knows Ansible
ABOUT = f"The agent of one site of a pair that fails over ({daemon.__name__.rpartition('.')[2]}). Installed by role site_agent; " \
        "changes made here are overwritten."


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "default": "/opt/multicloud-dr"}}, supports_check_mode=True)
    files = host_package.install(module.params["directory"], host_package.sources(PARTS, ABOUT), check=module.check_mode)
    module.exit_json(changed=bool(files), files=files)


if __name__ == "__main__":
    main()
