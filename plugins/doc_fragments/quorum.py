# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules that read the quorum record have in common: how its members let them in."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc; mirrors ACCESS in plugins/module_utils/switch/etcd_wire.py."""

    DOCUMENTATION = r"""
options:
  access:
    description: How the members let us in; left out where they let anybody in.
    type: dict
    suboptions:
      ca: {description: "Whose members are believed, a PEM file.", type: path, required: true}
      certificate: {description: "Our certificate, a PEM file. It must have no common name.", type: path, required: true}
      key: {description: Its key., type: path, required: true}
      user: {description: As whom., type: str, required: true}
      password: {description: That user's password., type: str, required: true}
"""
