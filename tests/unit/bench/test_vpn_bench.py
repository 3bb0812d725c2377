# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A measurement that fails leaves nothing behind that the next one stumbles over, and no figures of the other data plane are lost."""

from __future__ import annotations

import json

import pytest

from bench.vpn import __main__ as bench
from bench.vpn import figures, flow, machines
from lab.machines.vm import MachineFailed


class Host:
    """Commands are noted; `starts` is refused by systemd while a unit of that name is loaded, as one is that a failed run left."""

    def __init__(self, left=False):
        self.flows, self.ran = left, []

    def run(self, argv, timeout=60):
        line = " ".join(argv)
        self.ran.append(line)
        if "systemctl stop" in line:
            self.flows = False
        if argv[0] == "systemd-run":
            if self.flows:
                raise MachineFailed("Unit multicloud-vpn-flow.service already loaded")
            self.flows = True
        return ""


class Broken(Host):
    source, target = "192.168.0.10", "10.0.0.10"

    def both_up(self):
        pass

    def carrying(self):
        return "a"

    def cut(self, name):
        raise MachineFailed("nft: refused")


def test_a_flow_that_a_failed_run_left_is_stopped_first():
    host = Host(left=True)
    flow.start(host.run, "192.168.0.10", "10.0.0.10")
    assert host.flows and "is-active" in host.ran[0], "there may be none"


def test_a_cut_that_fails_leaves_no_flow(monkeypatch):
    monkeypatch.setattr(bench, "BEFORE_SECONDS", 0.0)
    host = Broken()
    with pytest.raises(MachineFailed, match="refused"):
        bench.one_cut(host, standby=False)
    assert not host.flows


class Returning(Broken):
    """Nothing is lost while a tunnel is cut, and three packets when it comes back."""

    def __init__(self):
        super().__init__()
        self.broken, self.mended = set(), False

    def run(self, argv, timeout=60):
        super().run(argv)
        if argv[0] == "systemd-run":
            self.mended = False
        lost = range(3, 6) if self.mended else ()
        return "".join(f"[17{number}.5] 64 bytes from 10.0.0.10: icmp_seq={number} ttl=63\n" for number in range(1, 21) if number not in lost)

    def cut(self, name):
        self.broken.add(name)

    def mend(self, name):
        self.broken.remove(name)
        self.mended = True

    def one_up(self):
        assert self.broken


def test_what_a_death_costs_and_what_a_return_costs_are_counted_apart(monkeypatch):
    """One figure for both called the packets of a return those of a standby's death."""
    for name in ("BEFORE_SECONDS", "HOLD_SECONDS", "AFTER_SECONDS"):
        monkeypatch.setattr(bench, name, 0.0)
    left = {}
    monkeypatch.setattr(bench, "leave", lambda gateway, found, run: left.update(found))
    bench.cuts(Returning(), 2)
    assert left == {"failover_p95_seconds": 0.0, "standby_death_lost_packets": 0.0, "return_lost_packets": 12.0, "cuts": 2.0}


def test_a_machine_that_fails_is_told_in_a_line(monkeypatch, capsys):
    def failed():
        raise MachineFailed("aws: swanctl: refused")
    monkeypatch.setattr(bench.machines, "Machines", failed)
    assert bench.main(["--machines"]) == 1 and capsys.readouterr().err == "aws: swanctl: refused\n"


def test_plays_among_the_machines_measure_the_machines(monkeypatch):
    ran = []
    monkeypatch.setattr(machines, "command", lambda *argv: ran.append(argv) or "")
    machines.Machines.change(object(), {"dpd_timeout_seconds": 45})
    machines.build()
    assert [argv[:3] for argv in ran if "ansible-playbook" in argv] == [("env", "MULTICLOUD_DR_WORLD=machines", "ansible-playbook")] * 2


def document(**figures_):
    return {"figures": figures_, "machine": {"cores": 2}, "runs": [{"plane": "kernel" if "kernel" in name else "userspace", "what": name}
                                                                   for name in figures_]}


PUBLISHED = document(failover_p95_seconds=1.5, throughput_share_userspace=0.2, kernel_cuts=20.0, throughput_share_kernel=0.9)


@pytest.mark.parametrize(("plane", "figures_"), [
    ("userspace", {"failover_p95_seconds": 1.2, "kernel_cuts": 20.0, "throughput_share_kernel": 0.9}),
    ("kernel", {"failover_p95_seconds": 1.5, "throughput_share_userspace": 0.2, "kernel_cuts": 3.0}),
])
def test_each_plane_replaces_its_own_figures_and_no_others(plane, figures_, tmp_path, monkeypatch):
    for name, found in (("MEASURED", document(failover_p95_seconds=1.2, kernel_cuts=3.0)), ("PUBLISHED", PUBLISHED)):
        monkeypatch.setattr(bench, name, tmp_path / name)
        bench.write(tmp_path / name, found)
    assert bench.publish(plane) == tmp_path / "PUBLISHED"
    told = json.loads((tmp_path / "PUBLISHED").read_text())
    assert told["figures"] == figures_ and {run["what"] for run in told["runs"]} == set(figures_)


def test_what_is_published_first_is_of_one_plane():
    assert figures.merged({}, document(failover_p95_seconds=1.2, kernel_cuts=3.0), "kernel") == document(kernel_cuts=3.0)


def test_figures_of_the_kernel_have_names_of_their_own():
    found = {"cuts": 3.0, "throughput_share_kernel": 0.9}
    assert figures.named(found, "kernel") == {"kernel_cuts": 3.0, "throughput_share_kernel": 0.9} and figures.named(found, "userspace") == found
