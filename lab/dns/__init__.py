# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route 53's data plane in the lab: health checkers that follow AWS's published rules, and a DNS server that answers by them.

The control plane (lab.aws) only says what to check and what to answer; both go on with what they last heard when it is away.
"""
