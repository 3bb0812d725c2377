# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.machines up | down | status | break WHAT | mend [WHAT] | ask | keys | telemetry | address ADDRESS`.

ask reads {"tunnels": [{"inside_cidr", "psk", "dpd_timeout_seconds"}], "only": [inside_cidr]} and puts it into force at AWS's end; address gives NHN's
host another floating address, by which AWS knows its customer from then on. status, ask and telemetry print JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import yaml

from lab import cuts, files
from lab.cuts import CUTS
from lab.faults import UnknownFault, spelled
from lab.images.build import BuildError
from lab.machines import images, peer, place, vm, wires
from lab.network import NetworkError
from lab.ownership import Busy, NotRoot, need_root
from lab.podman import PodmanError
from lab.progress import say
from lab.secrets import MAKERS

FAULTS = tuple(name for name in CUTS if name.startswith("tunnel_") or name == "link")
EXPECTED = (Busy, BuildError, NetworkError, NotRoot, PodmanError, UnknownFault, vm.MachineFailed, cuts.CutFailed, subprocess.TimeoutExpired)


def up() -> None:
    """Both machines, and AWS's end of both tunnels; what is there stays."""
    if lacking := images.missing():
        raise vm.MachineFailed(f"Not installed: {', '.join(lacking)}. Run `make emulator`, or `apt-get install {' '.join(lacking)}`.")
    boot = images.ensure()
    keys = yaml.safe_load(place.SECRETS.read_text(encoding="utf-8")) if place.SECRETS.exists() else {}
    keys = {name: keys.get(name) or MAKERS[name]() for name in ("vpn_psk_a", "vpn_psk_b")}
    files.write(place.SECRETS, yaml.safe_dump(keys))
    known = place.STATE.exists() and all(vm.pid(name) for name in wires.TAPS)
    asked = peer.state() if known else peer.wanted(
        place.FLOATING, [{"inside_cidr": cidr, "psk": keys[f"vpn_psk_{name}"]} for name, cidr in zip(peer.NAMES, place.INSIDE, strict=True)])
    wires.up(asked["customer"])
    wires.cut(list(files.read_json(place.FAULTS, {})))
    for name in wires.TAPS:
        vm.start(name, boot)
    vm.trust()
    for name in wires.TAPS:
        vm.wait(name)
        say(f"machine {name} is up")
    peer.apply(asked)
    say("AWS's end of both tunnels waits for NHN's")


def down() -> None:
    """Nothing is left but the disk's cache."""
    vm.stop()
    for number in wires.pids():         # connections that ssh keeps open
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    for _ in range(100):
        if not wires.pids():
            break
        time.sleep(0.05)
    wires.remove()
    for folder in (place.BUILD, place.MASTERS):
        shutil.rmtree(folder, ignore_errors=True)


def status() -> dict[str, Any]:
    """{"state": "up" or "down", "machines": {name: address or None}, "faults": [...]}."""
    found = {name: vm.address(name) if vm.pid(name) else None for name in wires.TAPS}
    return {"state": "up" if all(found.values()) and place.WORLD.exists() else "down", "machines": found,
            "faults": sorted(files.read_json(place.FAULTS, {}))}


def find(name: str) -> str:
    """A cut by its name, as the container lab spells it. Raises UnknownFault."""
    found = name.replace("-", "_")
    if found not in FAULTS:
        raise UnknownFault(f"there is no fault `{name}` here; there are: {', '.join(map(spelled, FAULTS))}")
    return found


def change_faults(more: list[str], fewer: list[str]) -> None:
    """Faults in force, and then in truth."""
    now = files.read_json(place.FAULTS, {})
    files.write_json(place.FAULTS, {name: now.get(name, {"since": time.time()}) for name in (*now, *more) if name not in fewer})
    wires.cut(list(files.read_json(place.FAULTS, {})))


def ask(asked: dict[str, Any]) -> list[str]:
    """Change AWS's end; the names of the tunnels that were modified."""
    before = peer.state()
    after = peer.changed(before, peer.wanted(before["customer"], asked["tunnels"]), asked.get("only") or [])
    return [name.removeprefix("vpn-") for name in peer.apply(after)]


def new_keys() -> None:
    """Other keys for both tunnels in SECRETS, as somebody who changes the vault; neither end has them yet."""
    files.write(place.SECRETS, yaml.safe_dump({name: MAKERS[name]() for name in ("vpn_psk_a", "vpn_psk_b")}))


def move(address: str) -> None:
    """Another floating address, and AWS told of it."""
    wires.float_at(address)
    after = peer.wanted(address, peer.state()["tunnels"])
    files.write_json(place.WORLD, peer.world(after), mode=0o644)
    vm.trust()
    peer.apply(after)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab.machines", description="Both VPN gateways as small virtual machines.")
    commands = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb, text in (("up", "bring both up"), ("down", "take both down"), ("status", "say what runs"), ("ask", "change AWS's end"),
                       ("keys", "make other keys for both tunnels"), ("telemetry", "what AWS tells of both tunnels")):
        commands.add_parser(verb, help=text)
    for verb in ("break", "mend"):
        commands.add_parser(verb, help=f"{verb} a tunnel").add_argument("what", nargs="*" if verb == "mend" else "+", metavar="WHAT")
    commands.add_parser("address", help="give NHN's host another floating address").add_argument("address")
    options = parser.parse_args(argv)
    try:
        need_root()
        if options.verb == "up":
            up()
        elif options.verb == "down":
            down()
        elif options.verb == "break":
            change_faults([find(name) for name in options.what], [])
        elif options.verb == "mend":
            change_faults([], [find(name) for name in options.what] or list(FAULTS))
        elif options.verb == "keys":
            new_keys()
        elif options.verb == "address":
            move(options.address)
        else:
            told = {"status": status, "telemetry": peer.telemetry, "ask": lambda: ask(json.load(sys.stdin))}[options.verb]()
            print(json.dumps(told))
    except EXPECTED as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
