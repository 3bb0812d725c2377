# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A gateway's host for tests: files below a root, and commands that are noted."""

from __future__ import annotations

import json

from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change, place
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.place import FILES, HEALTH, SWANCTL, Place
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed

A, B = SWANCTL.format("a"), SWANCTL.format("b")


class Gateway:
    """A host of files below a temporary root, on which commands are only noted. up: tunnels that answer; newest: the child that carries."""

    def __init__(self, root, plane="userspace"):
        self.root, self.ran, self.time = root, [], 0.0
        self.up, self.newest, self.numbers, self.active = {"a", "b"}, "a", 1, set(change.DAEMONS)
        self.fails: list[str] = []          # commands that fail, each once, in this order
        self.breaks, self.journal, self.seen, self.stale, self.refused = {}, "", [], set(), set()
        self.place = Place(root, self.run, self.carries, lambda: self.time, self.sleep)
        for name in FILES:
            self.want(name, "one\n")
        self.want(HEALTH, json.dumps(config(plane)))

    def want(self, name, text):
        path = self.place.wanted / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def live(self, name):
        return (self.root / name).read_text() if (self.root / name).exists() else None

    def in_force(self):
        """As after a first run that was kept."""
        for name in FILES:
            self.place.put(self.place.wanted, self.root, name)
        change.keep(self.place)
        state = self.root / "run/multicloud-vpn-health/state.json"
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps({"code": self.place.code()}))
        self.ran.clear()

    def sleep(self, seconds):
        self.time += seconds

    def carries(self, here, there):
        return here in self.up

    def run(self, argv, timeout):
        words = [word for word in argv if word != "--quiet"]
        if words[:2] == ["systemctl", "is-active"]:
            if words[2] not in self.active:
                raise Failed("inactive")
            return ""
        if words[0] == "sha256sum":
            if next(name for name, note in place.NOTES.items() if note == words[-1]) in self.stale:
                raise Failed("another file")
            return ""
        if words[0] == "journalctl":
            return self.journal
        if words[:2] == ["swanctl", "--list-sas"]:
            other = {"a": "b", "b": "a"}[self.newest]
            return "".join(f"sites-{name}-9 {{name=sites-{name} uniqueid={number} state=INSTALLED}} " for name, number in (
                (self.newest, self.numbers + 1), (other, self.numbers)) if name not in self.refused)
        self.ran.append(" ".join(words))
        if self.fails and self.ran[-1] == self.fails[0]:
            self.fails.pop(0)
            raise Failed(f"{self.ran[-1]}: refused")
        if words[:3] == ["swanctl", "--rekey", "--child"]:
            self.newest, self.numbers = words[3].removeprefix("sites-"), self.numbers + 1
        if words == ["systemctl", "reload", "strongswan.service"]:
            self.seen.append((self.live(A), self.live(B), self.newest))
            for tunnel in self.breaks.get(len(self.seen), ()):
                self.up.discard(tunnel)
        return ""


def config(plane="userspace", remote="10.0.0.0/16"):
    return {"plane": plane, "remote_cidr": remote, "local_address": "192.168.0.10", "interval_seconds": 0.25, "silence_seconds": 1.0,
            "tunnels": [{"name": name, "here": name, "there": name, "interface": f"vpn-{name}", "metric": 100} for name in "ab"]}
