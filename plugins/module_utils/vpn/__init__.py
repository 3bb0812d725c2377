# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gateway's own end of two IPsec tunnels: what is refused of a plan, which tunnel carries, what charon says, and how a change is loaded."""
