# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.nhn`: the NHN Cloud control plane of the lab. LAB_BIND and LAB_PORT override where it listens."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

from werkzeug.serving import make_server

from lab import world

from .app import Quiet, create_app
from .dns_plus.probes import Prober
from .store import Settings


def resolve(name: str) -> str:
    """The address of an endpoint, as the lab's names say. Raises OSError when it has none."""
    if name.replace(".", "").isdigit():
        return name
    try:
        found = json.loads(world.NAMES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = {}
    if name not in found:
        raise OSError(f"{name} has no address")
    return str(found[name])


def main() -> None:
    """Serve until SIGTERM or SIGINT, then leave cleanly."""
    app, emulator = create_app(Settings.from_environment(), world.REQUESTS / "nhn.jsonl")
    bind, port = os.environ.get("LAB_BIND", world.MACHINE), int(os.environ.get("LAB_PORT", world.NHN_PORT))
    server = make_server(bind, port, app, threaded=True, request_handler=Quiet)
    stop = threading.Event()
    prober = Prober(emulator.store, resolve, time.monotonic, world.CHECKERS if bind == world.MACHINE else "")
    threading.Thread(target=prober.run, args=(stop,), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the serving loop, which runs in this very thread: it must be asked for from another.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"NHN Cloud emulator listening on http://{bind}:{port}", flush=True)
    server.serve_forever()
    stop.set()
    server.server_close()


if __name__ == "__main__":
    main()
