# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every child of the customer's end of the VPN has a number of its own, but for those that carry the sites' ranges: they share theirs.

Left to strongSwan (5.9.8), two children got the same one after both tunnels had been lost at once, and nothing was carried any more.
"""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).resolve().parents[2] / "roles" / "vpn_gateway" / "templates" / "tunnels.conf.j2"


def test_children_of_both_tunnels() -> None:
    tunnel = {"outside_address": "198.51.100.200", "inside_address": "169.254.11.1", "customer_inside_address": "169.254.11.2", "psk": "key"}
    text = Environment(undefined=StrictUndefined, trim_blocks=True).from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        ansible_managed="here", vpn_gateway_tunnels=[{**tunnel, "name": "a"}, {**tunnel, "name": "b"}], vpn_gateway_local_address="192.168.0.10",
        vpn_gateway_dpd_delay_seconds=1, vpn_gateway_public_address="198.51.100.100", vpn_gateway_local_cidr="192.168.0.0/16",
        vpn_gateway_remote_cidr="10.0.0.0/16")
    assert re.findall(r"(\w+-\w) \{\n +reqid = (\d+)\n", text) == [("sites-a", "1"), ("probe-a", "2"), ("sites-b", "1"), ("probe-b", "3")]
