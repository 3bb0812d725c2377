# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/change_tunnels.yml against the lab's AWS: keys and options change one tunnel at a time, at both ends, and one of the two always carries.

The gateway is made up: a role of the same name that notes what it was asked for and which keys it was given. A tunnel is up while both ends have the
same key, as the lab's observer would see it; that is what AWS is told all the while.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import lab.aws.vpn
from lab import world
from lab.aws.vpn import live
from tests.contract.aws_cloud import KEYS, AwsCloud

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
NETS = {"a": "169.254.11.0/30", "b": "169.254.12.0/30"}
OUTSIDE = {"a": "198.51.100.200", "b": "198.51.100.201"}
LOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - amazon.aws.ec2_vpc_vpn_info:
        region: "{{ aws_auth.region }}"
        endpoint_url: "{{ aws_auth.endpoint_url }}"
        access_key: "{{ aws_auth.access_key }}"
        secret_key: "{{ aws_auth.secret_key }}"
      register: found
    - set_fact: {world: {aws: {vpn: {tunnels: "{{ found.vpn_connections[0].customer_gateway_configuration | multicloud.dr.vpn_tunnels }}"}}}}
"""
GATEWAY = {
    "lead": "- {ansible.builtin.lineinfile: {path: '{{ log }}', line: 'lead {{ vpn_gateway_lead_by }}'}}\n",
    "main": """
- ansible.builtin.lineinfile: {path: "{{ log }}", line: "gateway {{ vpn_gateway_only | join }}"}
- ansible.builtin.copy: {dest: "{{ keys }}/{{ item.name }}", content: "{{ item.psk }}"}
  loop: "{{ world.aws.vpn.tunnels | multicloud.dr.vpn_keys(aws_vpn_tunnels) }}"
  vars: {world: "{{ hostvars.localhost.world }}"}
  when: item.name in vpn_gateway_only and item.name != breaks | default('')
  no_log: true
- ansible.builtin.command: {argv: [sleep, "1"]}
- ansible.builtin.fail: {msg: "tunnel {{ vpn_gateway_only | join }} carries nothing"}
  when: refuses is defined and refuses in vpn_gateway_only
""",
}


class Site:
    """Both ends: AWS's, and the gateway's keys in files. A thread tells AWS which tunnels are up, and keeps what it saw."""

    def __init__(self, aws: AwsCloud, folder: Path) -> None:
        self.aws, self.folder, self.log, self.keys = aws, folder, folder / "log", folder / "keys"
        self.seen: list[dict[str, str]] = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._observe, daemon=True)
        self.keys.mkdir()
        for name in "ab":
            (self.keys / name).write_text(f"first.key.{name}")
        self.log.touch()
        (folder / "playbooks").mkdir()
        for name in ("change_tunnels", "change_tunnel", "refuse_reaching_nobody"):
            shutil.copy(ROOT / f"playbooks/{name}.yml", folder / "playbooks")
        (folder / "playbooks/look.yml").write_text(LOOK)
        for entry, tasks in GATEWAY.items():
            path = folder / f"roles/vpn_gateway/tasks/{entry}.yml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(tasks)
        (folder / "site.yml").write_text("- {import_playbook: playbooks/look.yml, tags: [always]}\n"
                                         "- {import_playbook: playbooks/change_tunnels.yml, tags: [aws_vpn]}\n")

    def _observe(self) -> None:
        from moto.ec2.models import ec2_backends
        while not self.stopped.wait(0.1):
            for connection in live(next(iter(ec2_backends.values()))[world.AWS_REGION]):
                known = {options["OutsideIpAddress"]: options["PreSharedKey"] for options in connection.tunnel_options}
                up = {name: "UP" if known.get(OUTSIDE[name]) == (self.keys / name).read_text() else "DOWN" for name in "ab"}
                self.seen.append(up)
                self.aws.lab("PUT", "/_lab/observed", {"vpn_telemetry": {connection.id: [
                    {"outside_ip": OUTSIDE[name], "status": status} for name, status in up.items()]}})

    def run(self, playbook: str, **given: Any) -> subprocess.CompletedProcess[str]:
        """A playbook over this machine as AWS's control host and as the gateway."""
        groups = {"clouds": {"hosts": {"aws": {}}}, "management_host": {"hosts": {"management": {}}}}
        hosts = {"all": {"hosts": {"localhost": {}}, "children": groups}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(hosts))
        auth = {"region": world.AWS_REGION, "access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"],
                "endpoint_url": self.aws.url}
        variables = {"ansible_python_interpreter": sys.executable, "aws_auth": auth, "log": str(self.log), "keys": str(self.keys),
                     "aws_vpn_name": "tickets-vpn", "aws_vpn_network": "tickets", "aws_vpn_customer_address": "198.51.100.100",
                     "aws_vpn_peer_cidrs": ["192.168.0.0/16"], "aws_vpn_wait_seconds": 30, **given}
        (self.folder / "given.json").write_text(json.dumps(variables))
        return subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.folder / "hosts.yml"), "-c", "local", playbook,
             "--tags", "aws_vpn", "-e", f"@{self.folder / 'given.json'}"], check=False, capture_output=True, text=True, timeout=600, cwd=ROOT,
            env={**os.environ, "ANSIBLE_ROLES_PATH": f"{self.folder / 'roles'}:{ROOT / 'roles'}"})

    def noted(self) -> list[str]:
        """What the gateway was asked for, in order."""
        return self.log.read_text().splitlines()


def tunnels(keys: str, nets: dict[str, str] | None = None) -> list[dict[str, str]]:
    """aws_vpn_tunnels with keys of a generation."""
    return [{"inside_cidr": (nets or NETS)[name], "psk": f"{keys}.key.{name}"} for name in "ab"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(lab.aws.vpn, "MODIFY_SECONDS", 0.3)
    with AwsCloud() as aws:
        network = aws.network()
        ec2 = aws.client("ec2")
        customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.100", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
        defaults = yaml.safe_load((ROOT / "roles/aws_vpn/defaults/main.yml").read_text())["aws_vpn_tunnel_options"]
        from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_tunnels import sent_tunnel
        made = ec2.create_vpn_connection(
            Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=network["gateway"],
            Options={"StaticRoutesOnly": True, "TunnelOptions": [sent_tunnel({**defaults, **tunnel}) for tunnel in tunnels("first")]},
            TagSpecifications=[{"ResourceType": "vpn-connection", "Tags": [{"Key": "Name", "Value": "tickets-vpn"}]}])["VpnConnection"]
        ec2.create_vpn_connection_route(VpnConnectionId=made["VpnConnectionId"], DestinationCidrBlock="192.168.0.0/16")
        found = Site(aws, tmp_path)
        found.thread.start()
        aws.take_writes()
        yield found
        found.stopped.set()
        found.thread.join(5)


def play(site: Site, keys: str, nets: dict[str, str] | None = None, **given: Any) -> tuple[list[str], list[str]]:
    """(what the gateway was asked for, AWS's writes) of one run that must succeed; keys must not be told."""
    site.log.write_text("")
    done = site.run(str(site.folder / "site.yml"), aws_vpn_tunnels=tunnels(keys, nets), **given)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert ".key." not in done.stdout + done.stderr
    return site.noted(), site.aws.take_writes()


def test_new_keys_come_to_both_ends_of_one_tunnel_and_then_of_the_other(site: Site) -> None:
    assert play(site, "first") == ([], [])
    asked, writes = play(site, "second")
    assert asked == ["lead b", "gateway a", "lead a", "gateway b"] and writes == ["ec2:ModifyVpnTunnelOptions"] * 2
    assert all("UP" in up.values() for up in site.seen), "one of the two always carries"
    assert [(site.keys / name).read_text() for name in "ab"] == ["second.key.a", "second.key.b"]
    assert play(site, "second") == ([], [])


@pytest.mark.whole
def test_options_alone_change_as_carefully(site: Site) -> None:
    defaults = yaml.safe_load((ROOT / "roles/aws_vpn/defaults/main.yml").read_text())["aws_vpn_tunnel_options"]
    asked, _ = play(site, "first", aws_vpn_tunnel_options={**defaults, "dpd_timeout_seconds": 45})
    assert asked == ["lead b", "gateway a", "lead a", "gateway b"]


@pytest.mark.whole
def test_inside_networks_change_with_their_keys(site: Site) -> None:
    nets = {"a": "169.254.21.0/30", "b": "169.254.22.0/30"}
    asked, _ = play(site, "second", nets)
    assert asked == ["lead b", "gateway a", "lead a", "gateway b"]
    assert play(site, "second", nets) == ([], [])


def test_a_run_that_ended_between_both_ends_is_finished_by_the_next(site: Site) -> None:
    """It had given AWS the first tunnel's new key, and the gateway not yet: that tunnel is down, and the other is not touched before it is up."""
    done = site.run(str(site.folder / "site.yml"), aws_vpn_tunnels=tunnels("second"), refuses="a")
    assert done.returncode != 0 and "tunnel a carries nothing" in done.stdout and site.noted() == ["lead b", "gateway a"]
    (site.keys / "a").write_text("first.key.a")
    site.aws.take_writes()
    asked, writes = play(site, "second")
    assert asked == ["gateway a", "lead a", "gateway b"] and writes == ["ec2:ModifyVpnTunnelOptions"]


def test_a_run_after_a_refused_one_does_not_touch_the_tunnel_that_carries(site: Site) -> None:
    """The gateway has its part of the first tunnel, which the other side refuses: it stays down, over any number of runs."""
    for _ in range(2):
        done = site.run(str(site.folder / "site.yml"), aws_vpn_tunnels=tunnels("second"), refuses="a", breaks="a")
        assert done.returncode != 0 and "tunnel a carries nothing" in done.stdout
    assert site.noted() == ["lead b", "gateway a"] and site.aws.take_writes() == ["ec2:ModifyVpnTunnelOptions"]
    assert (site.keys / "b").read_text() == "first.key.b" and site.seen[-1] == {"a": "DOWN", "b": "UP"}


def test_where_the_one_that_is_still_to_change_is_down_the_other_is_not_touched_before(site: Site) -> None:
    """AWS has the first one's key already, as the gateway has; giving the gateway its part of it anew could take the last one down."""
    assert play(site, "first") == ([], [])
    (site.keys / "b").write_text("lost")
    wait_for(site, {"a": "UP", "b": "DOWN"})
    mixed = [tunnels("first")[0], tunnels("second")[1]]
    done = site.run(str(site.folder / "site.yml"), aws_vpn_tunnels=mixed)
    assert done.returncode == 0, done.stdout[-3000:]
    assert site.noted() == ["lead a", "gateway b"]


def wait_for(site: Site, up: dict[str, str]) -> None:
    """Until AWS was told so."""
    before = len(site.seen)
    while up not in site.seen[before:]:
        site.stopped.wait(0.1)


def test_where_nothing_carries_the_tunnels_are_left_to_the_role(site: Site) -> None:
    for name in "ab":
        (site.keys / name).write_text("neither")
    assert play(site, "second") == ([], [])
