# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MySQL as both clouds run it: connections, what each provider lets us call, replication, accounts. Knows nothing of Ansible.

This package, with faults.py and waiting.py beside it, is also installed on the hosts of both sites as part of `multicloud_dr`.
"""
