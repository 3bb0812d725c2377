# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NHN Cloud: one door to the wire, two clients (IaaS, RDS), one file per kind of resource."""
