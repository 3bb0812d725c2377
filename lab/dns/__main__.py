# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.dns`: answer and probe until SIGTERM. LAB_BIND=host[:port] overrides where it listens, LAB_AWS_URL whom it asks."""

from __future__ import annotations

import os
import signal
import threading

from lab import world
from lab.dns.answers import Answer, answer
from lab.dns.checkers import Checkers
from lab.dns.control_plane import ControlPlane
from lab.dns.server import servers
from lab.secrets import aws_keys


def main() -> None:
    """Run the checkers, the control-plane reader and both servers."""
    host, _, port = os.environ.get("LAB_BIND", world.MACHINE).partition(":")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def resolve(name: str) -> str:
        records = [record for record in ask(name, "A").records if record[1] == "A"]
        if not records:
            raise OSError(f"{name} has no address")
        return records[0][3]

    def ask(name: str, kind: str) -> Answer:
        return answer(control_plane.world, checkers.healthy, name, kind)

    checkers = Checkers(world.HEALTH, resolve, source=world.CHECKERS if host == world.MACHINE else "")
    control_plane = ControlPlane(os.environ.get("LAB_AWS_URL", world.AWS_URL), world.NAMES, checkers.follow, aws_keys())
    control_plane.look()
    dns = servers(ask, host, int(port or world.DNS_PORT))
    for server in dns:
        server.start_thread()
    threads = [threading.Thread(target=part.run, args=(stop,)) for part in (checkers, control_plane)]
    for thread in threads:
        thread.start()
    print(f"lab.dns: {host}:{port or world.DNS_PORT}", flush=True)
    stop.wait()
    for server in dns:
        server.stop()


if __name__ == "__main__":
    main()
