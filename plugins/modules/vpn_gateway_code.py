#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code of the VPN gateway on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_gateway_code
short_description: Install the Python package of the VPN gateway on a host
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - The code that watches the tunnels, loads changes and takes them back travels to the host as part of this module and is written out there as
    package C(multicloud_dr). Files of an earlier version that are no longer part of it are removed. It has a directory of its own, so that other
    code on the host is not touched.
options:
  directory: {description: Where the package goes., type: path, default: /opt/multicloud-dr-vpn}
attributes:
  check_mode: {support: full, description: Says which files differ.}
"""

EXAMPLES = r"""
- name: Put the gateway's code where it is
  multicloud.dr.vpn_gateway_code:

- name: Put it elsewhere, where /opt is another's
  multicloud.dr.vpn_gateway_code:
    directory: /srv/multicloud-dr-vpn
"""

RETURN = r"""
files: {description: "Files that were written or removed, relative to the package.", type: list, elements: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change, daemon

PARTS = ("vpn", "aloud")        # what the gateway runs; nothing of it knows Ansible
ABOUT = f"The VPN gateway's health unit ({daemon.__name__.rpartition('.')[2]}) and how its changes are loaded " \
        f"({change.__name__.rpartition('.')[2]}). Installed by role vpn_gateway; changes made here are overwritten."


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "default": "/opt/multicloud-dr-vpn"}}, supports_check_mode=True)
    files = host_package.install(module.params["directory"], host_package.sources(PARTS, ABOUT), check=module.check_mode)
    module.exit_json(changed=bool(files), files=files)


if __name__ == "__main__":
    main()
