# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One writer at any time: the record, the gate, the verdict, the steps of a switch and the agent that tends them.

Also copied to hosts as `multicloud_dr.switch`: Python 3.11 with PyMySQL and boto3, no Ansible. Imports inside are relative.
"""
