# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two machines of `lab.machines`, whose gateway uses the kernel's data plane, measured as the lab's gateway is."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.record import ROOT
from bench.site import command
from bench.vpn.gateway import CONFIG, Gateway, NotReady, past
from lab.machines import place, vm
from lab.machines.__main__ import change_faults, find, status

STORY = ROOT / "molecule" / "vpn_gateway_kernel"
INVENTORIES = ("--inventory", str(ROOT / "inventories" / "lab"), "--inventory", str(STORY / "inventory"))


class Machines(Gateway):
    """NHN's management host as one machine; AWS's standby host and virtual private gateway as the other."""

    def __init__(self) -> None:
        self.here, self.there, self.peer = "nhn", "aws", "aws"
        if status()["state"] != "up":
            raise NotReady("the machines are not up; run `.venv/bin/python -m lab.machines up` and molecule/vpn_gateway_kernel/build.yml first")
        self.config: dict[str, Any] = json.loads(self.run(["cat", CONFIG]))
        self.source: str = self.config["local_address"]
        self.target = place.AWS_HOST

    def run(self, argv: Sequence[str], timeout: float = 60) -> str:
        return vm.ssh(self.here, argv, timeout=timeout)

    def other(self, argv: Sequence[str], timeout: float = 60) -> str:
        return vm.ssh(self.there, argv, timeout=timeout)

    def cut(self, name: str) -> None:
        change_faults([find(name)], [])

    def mend(self, name: str) -> None:
        change_faults([], [find(name)])

    def change(self, options: Mapping[str, Any]) -> None:
        _play(*INVENTORIES, str(STORY / "options.yml"), "-e", json.dumps({"tunnel_options": options}))

    @contextlib.contextmanager
    def plain_way(self) -> Iterator[None]:
        def set_up(verb: str) -> None:
            for host, line in (*past(verb, self.here, self.target, place.NHN_GATE), *past(verb, self.there, self.source, place.CONTROLLER)):
                with contextlib.suppress(*(() if verb == "add" else (vm.MachineFailed,))):
                    vm.ssh(host, line.split())

        set_up("add")
        try:
            yield
        finally:
            set_up("del")


def build() -> None:
    """Both machines anew, and both tunnels by the role."""
    command(sys.executable, "-m", "lab.machines", "down")
    command(sys.executable, "-m", "lab.machines", "up")
    _play(*INVENTORIES, str(STORY / "build.yml"))


def _play(*argv: str) -> None:
    """A play of the story, whose tasks ask `bench.vpn.turn` of the machines and not of the lab, as its molecule.yml has it."""
    command("env", "MULTICLOUD_DR_WORLD=machines", "ansible-playbook", *argv)
