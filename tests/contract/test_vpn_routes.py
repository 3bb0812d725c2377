# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kernel's data plane sets on a host, by the kernel's own routes: in a network of its own that ends with the test. Wants root.

TUN devices stand for the XFRM interfaces, which not every kernel has; a route through one is the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.test_vpn_gateway import rendered

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace, for which it takes root")

# What runs there: one verb a line, each followed by what the host then says.
INSIDE = """
import contextlib, io, json, subprocess, sys
from pathlib import Path
from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import plane_of, run as really, tunnels_of

root, given = Path(sys.argv[1]), json.loads(sys.argv[2])
shell = lambda line: subprocess.run(line, shell=True, check=True, capture_output=True, text=True).stdout

def run(argv, timeout):
    words = [word for word in argv if word != "--quiet"]
    if argv[0] == "ip":
        return really(argv, timeout)
    if words[:2] == ["systemctl", "restart"] and words[2] == "multicloud-vpn-network.service":
        for line in (root / change.NETWORK).read_text().splitlines():
            if line.startswith("ExecStart=") and not any(word in line for word in ("nft -f", "sysctl", "type xfrm")):
                shell(line.removeprefix("ExecStart="))
    return ""

place = change.Place(root, run, lambda here, there: True, lambda: 0.0, lambda seconds: None)

def want(name):
    for file in change.FILES:
        path = place.wanted / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("same")
    (place.wanted / change.NETWORK).write_text(given[name]["network"])
    (place.wanted / change.HEALTH).write_text(json.dumps(given[name]["health"]))

def plane():
    config = place.config(place.root)
    return plane_of(config, tunnels_of(config), run)

shell("ip link set lo up; ip tuntap add eth0 mode tun; ip address add 192.168.0.10/16 dev eth0; ip link set eth0 up; "
      "ip route add default via 192.168.0.1")
for name in "ab":
    shell(f"ip tuntap add vpn-{name} mode tun")
for verb in sys.argv[3:]:
    verb, _, name = verb.partition(":")
    if verb == "load":
        want(name)
        change.begin(place, 5, 60)      # systemd starts nothing here
        change.load(place, 5, 60)
    elif verb == "keep":
        change.keep(place)
    elif verb == "back":
        change.back(place)
    elif verb == "network":
        run(["systemctl", "restart", "multicloud-vpn-network.service"], 5)
    elif verb == "lead":                    # as before AWS takes the other away
        with contextlib.redirect_stdout(io.StringIO()):
            change._lead(place, name, accept=False)
    elif verb == "anew":
        end = place.config(place.root)["tunnels"]["ab".index(name)]
        shell(f"ip link del vpn-{name}; ip tuntap add vpn-{name} mode tun; ip link set vpn-{name} up; "
              f"ip address add {end['here']}/30 dev vpn-{name}")
    elif verb == "settle":
        plane().settle({"a": True, "b": True})
    routes = [" ".join(line.replace("linkdown", "").split()) for line in shell("ip route").splitlines()]
    print(json.dumps({"routes": sorted(line for line in routes if "eth0" not in line and "proto kernel" not in line),
                      "addresses": sorted(line.split()[3] for line in shell("ip -o -4 address show").splitlines() if "vpn-" in line)}))
"""


def described(remote: str, first: int = 1) -> dict[str, object]:
    """A configuration in the kernel's plane, as the role lays it down."""
    ends = [{"name": name, "customer_inside_address": f"169.254.{10 + number}.2"} for number, name in enumerate("ab", start=first)]
    return {
        "network": rendered("network.service.j2", "kernel", remote=remote, tunnels=ends),
        "health": {"plane": "kernel", "remote_cidr": remote, "local_address": "192.168.0.10", "interval_seconds": 0.25, "silence_seconds": 1.0,
                   "tunnels": [{"name": end["name"], "here": end["customer_inside_address"], "there": "x", "interface": f"vpn-{end['name']}",
                                "metric": 100 * number} for number, end in enumerate(ends, start=1)]}}


def played(tmp_path: Path, *verbs: str) -> list[dict[str, list[str]]]:
    """What the host says after each verb."""
    given = {"right": described("10.0.0.0/16"), "wrong": described("198.51.100.254/32"), "moved": described("10.1.0.0/16", first=5)}
    done = subprocess.run(["unshare", "--net", sys.executable, "-c", INSIDE, str(tmp_path), json.dumps(given), *verbs], check=False, timeout=60,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "collections")})
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def routes(remote: str, first: str, second: str) -> list[str]:
    """Both tunnels' routes and the one that leads nowhere."""
    return sorted([f"{remote} dev vpn-{first} scope link src 192.168.0.10 metric 100",
                   f"{remote} dev vpn-{second} scope link src 192.168.0.10 metric 200", f"blackhole {remote} metric 500"])


def test_what_is_taken_back_leaves_no_route_behind(tmp_path: Path) -> None:
    before, kept, wrong, back = played(tmp_path, "load:right", "keep", "load:wrong", "back")
    assert before["routes"] == kept["routes"] == back["routes"] == routes("10.0.0.0/16", "a", "b")
    assert wrong["routes"] == routes("198.51.100.254", "a", "b")


def test_a_first_configuration_that_is_taken_back_leaves_nothing(tmp_path: Path) -> None:
    assert played(tmp_path, "load:wrong", "back")[-1] == {"routes": [], "addresses": []}


def test_a_range_and_addresses_that_are_wanted_no_longer_are_let_go(tmp_path: Path) -> None:
    before, _, after = played(tmp_path, "load:right", "keep", "load:moved")
    assert before["addresses"] == ["169.254.11.2/30", "169.254.12.2/30"]
    assert after == {"routes": routes("10.1.0.0/16", "a", "b"), "addresses": ["169.254.15.2/30", "169.254.16.2/30"]}


def test_a_tunnel_that_carries_is_not_moved_by_the_other_nor_by_a_restart(tmp_path: Path) -> None:
    *_, led, settled, again, back = played(tmp_path, "load:right", "keep", "lead:b", "settle", "network", "lead:a")
    assert led["routes"] == settled["routes"] == again["routes"] == routes("10.0.0.0/16", "b", "a")
    assert back["routes"] == routes("10.0.0.0/16", "a", "b")


def test_traffic_is_led_by_what_is_in_force_although_another_range_was_wanted_last(tmp_path: Path) -> None:
    """The change that cut the controller off was taken back; what it wanted lies there all the same."""
    *_, back, led = played(tmp_path, "load:right", "keep", "load:wrong", "back", "lead:b")
    assert back["routes"] == routes("10.0.0.0/16", "a", "b") and led["routes"] == routes("10.0.0.0/16", "b", "a")


def test_an_interface_that_was_made_anew_gets_its_routes_again(tmp_path: Path) -> None:
    """Its routes go with it, and it answers all the same."""
    *_, one, settled, _, both, again = played(tmp_path, "load:right", "keep", "lead:b", "anew:a", "settle", "anew:a", "anew:b", "settle")
    assert one["routes"] == [line for line in routes("10.0.0.0/16", "b", "a") if "vpn-a" not in line]
    assert settled["routes"] == routes("10.0.0.0/16", "b", "a")
    assert both["routes"] == ["blackhole 10.0.0.0/16 metric 500"]
    assert again["routes"] == routes("10.0.0.0/16", "a", "b")
