# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The three etcd members that keep the record: who belongs to them, who is let in, and what is done for them by the clock."""
