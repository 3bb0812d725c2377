# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard: nothing with a lab address in or out by an uplink."""

from __future__ import annotations

from lab.network import guard_rules


def test_every_hook_guards_every_uplink() -> None:
    text = guard_rules(["198.51.100.0/24", "10.0.0.0/16"], {"eth0", "wlan0"})
    lab, up = "{ 10.0.0.0/16, 198.51.100.0/24 }", "{ eth0, wlan0 }"
    from_lab, to_lab, arriving = (f"ip saddr {lab} oifname {up} drop", f"ip daddr {lab} oifname {up} drop", f"ip daddr {lab} iifname {up} drop")
    chains = {chain.split(" ", 1)[0]: [line.strip() for line in chain.splitlines()[1:] if line.strip(" }")] for chain in text.split("  chain ")[1:]}
    assert chains == {hook: [f"type filter hook {hook} priority -10", *rules] for hook, rules in {
        "forward": (from_lab, to_lab, arriving), "output": (to_lab, from_lab), "input": (arriving,)}.items()}


def test_an_older_guard_is_replaced_in_the_same_breath() -> None:
    assert guard_rules([], set()).splitlines()[:2] == ["table inet multicloud_dr_lab", "delete table inet multicloud_dr_lab"]


def test_without_a_default_route_there_is_nothing_to_guard() -> None:
    assert "drop" not in guard_rules(["10.0.0.0/16"], set())
