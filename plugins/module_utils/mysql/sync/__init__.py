# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying schemas from one MySQL server to another, and proving that two servers hold the same rows. Knows nothing of Ansible."""
