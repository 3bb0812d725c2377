# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes real what the two control planes hold: networks, routers, hosts, VPN endpoints, databases and load balancers.

`specs` says what there should be as plain values; `nhn_cloud` and `aws_cloud` derive them from what the control planes tell, with the
security groups that `nhn_groups` and `aws_groups` make filters of; `plan` compares them with podman's containers; `act` acts; `observe` tells
the control planes what has become real.
"""
