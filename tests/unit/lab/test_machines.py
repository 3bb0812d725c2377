# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both gateways as machines: what AWS's end is asked for, what people are told of it, and the network's rules. Nothing is started."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab.faults import UnknownFault
from lab.machines import images, peer, place, vm, wires
from lab.machines.__main__ import find
from lab.materialise import routing, strongswan

KEYS = ("one.key.of.forty.letters", "the.other.key.of.forty.letters")
ASKED = peer.wanted("198.51.100.100", [{"inside_cidr": cidr, "psk": key} for cidr, key in zip(place.INSIDE, KEYS, strict=True)])


def test_each_tunnel_has_an_outside_address_and_an_inside_range_of_its_own() -> None:
    tunnels = peer.gateway(ASKED).tunnels
    assert [tunnel.outside for tunnel in tunnels] == ["198.51.100.200", "198.51.100.201"]
    assert [(tunnel.inside, tunnel.peer_inside) for tunnel in tunnels] == [("169.254.11.1", "169.254.11.2"), ("169.254.12.1", "169.254.12.2")]


def test_in_the_kernel_a_tunnel_has_one_child_for_everything_behind_its_own_interface() -> None:
    text = strongswan.swanctl(peer.gateway(ASKED), kernel=True)
    assert text.count("local_ts = 0.0.0.0/0") == text.count("remote_ts = 0.0.0.0/0") == 2
    assert [line.split()[-1] for line in text.splitlines() if "if_id_" in line] == ["1", "1", "2", "2"]
    assert text.count(" {\n        if_id_in") == 2 and "inside {" not in text and "networks {" not in text
    settings = strongswan.charon(peer.gateway(ASKED), kernel=True)
    assert "install_routes = no" in settings and "libipsec" not in settings


def test_only_a_tunnel_that_is_named_is_changed_and_only_that_one_is_taken_down() -> None:
    wants = peer.wanted("198.51.100.100", [{**tunnel, "dpd_timeout_seconds": 45} for tunnel in ASKED["tunnels"]])
    after = peer.changed(ASKED, wants, [place.INSIDE[0]])
    assert [tunnel.get("dpd_timeout_seconds") for tunnel in after["tunnels"]] == [45, None]
    texts = [strongswan.swanctl(peer.gateway(state), kernel=True) for state in (ASKED, after)]
    assert strongswan.modified(*texts) == ["vpn-a"]
    assert peer.changed(ASKED, wants, []) == wants


def test_another_customer_takes_both_down_and_leaves_their_outside_addresses() -> None:
    after = peer.wanted("198.51.100.101", ASKED["tunnels"])
    assert strongswan.modified(*(strongswan.swanctl(peer.gateway(state), kernel=True) for state in (ASKED, after))) == ["vpn-a", "vpn-b"]
    before, then = (peer.world(state)["aws"]["vpn"]["tunnels"] for state in (ASKED, after))
    assert [tunnel["outside_address"] for tunnel in before] == [tunnel["outside_address"] for tunnel in then]
    assert {tunnel["customer_outside_address"] for tunnel in then} == {"198.51.100.101"} == {peer.world(after)["nhn"]["host"]["public"]}


def test_what_people_find_holds_no_key() -> None:
    assert not any(key in json.dumps(peer.world(ASKED)) for key in KEYS)


def test_the_way_back_follows_the_tunnel_that_was_heard_last() -> None:
    script = peer.SETUP.format(inside_a="169.254.11.1", inside_b="169.254.12.1")
    assert 'iifname "vpn-a" delete @by_b { ip saddr }' in script and 'iifname "vpn-b" add @by_b { ip saddr }' in script
    assert "ip address replace 169.254.12.1/30 dev vpn-b" in script and "{{" not in script and "inside_" not in script


def test_what_goes_past_the_tunnels_is_not_translated() -> None:
    rules = wires.translation("198.51.100.100")
    assert rules.count("dnat to 192.168.0.10") == 2
    assert f"ip saddr {place.NHN_HOST} ip daddr {place.INTERNET} ip daddr != {place.CONTROLLER} snat to 198.51.100.100" in rules


def test_what_comes_back_to_the_controller_through_a_tunnel_is_lost() -> None:
    """AWS's machine would forward it, and nobody would be cut off by a gateway that leads its answers into the tunnels."""
    assert f'hook input priority filter;\n    iifname "internet" ip saddr {place.NHN_CIDR} drop' in wires.translation("198.51.100.100")


def test_another_floating_address_forgets_flows_without_a_program_that_may_not_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(wires, "tool", lambda *argv, stdin="": ran.append(argv) or "")
    wires.float_at("198.51.100.101")
    assert ran[-1] == (*wires.INSIDE, "python3", "-c", routing.FORGET)


@pytest.mark.parametrize(("fails", "code", "last"), [("", 0, "--terminate --ike vpn-b --force --timeout 2"), ("--load-all", 1, peer.LOAD),
                                                     ("--reload-settings", 1, "--reload-settings"), ("--terminate", 0, "--ike vpn-b")])
def test_what_aws_end_cannot_load_is_told(tmp_path: Path, fails: str, code: int, last: str) -> None:
    """A tunnel that may not be up to be ended is no failure."""
    for program, text in (("systemctl", "exit 0"), ("swanctl", f'echo "swanctl $*"; [ "$1" != "{fails}" ]')):
        (tmp_path / program).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / program).chmod(0o755)
    done = subprocess.run(["sh", "-c", peer.loading(["vpn-a", "vpn-b"])], env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == code and last in done.stdout.splitlines()[-1]


def test_a_machine_is_emulated_with_a_disk_that_nobody_writes_and_its_interfaces_in_order() -> None:
    argv = vm.emulator("aws", Path("/boot"), Path("/told.ext4"), Path("/log"))
    told = " ".join(argv)
    assert argv[:2] == [*wires.INSIDE] and "-accel tcg" in told and "file=/boot/root.ext4,if=virtio,format=raw,snapshot=on" in told
    assert told.index("netdev=tap-internet,mac=52:54:00:00:01:00") < told.index("netdev=tap-aws,mac=52:54:00:00:01:01")


def test_faults_are_spelled_as_in_the_lab_and_others_are_told() -> None:
    assert find("tunnel-a-to-aws") == "tunnel_a_to_aws"
    with pytest.raises(UnknownFault, match="tunnel-b-from-aws"):
        find("nhn")


def test_what_is_not_installed_is_told_by_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images.shutil, "which", lambda program, path: None if program == "qemu-system-x86_64" else program)
    assert images.missing() == ["qemu-system-x86"]
