# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.aws`: serve until SIGTERM. LAB_BIND=host[:port] overrides where it listens."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading

from lab import world
from lab.aws import certificates
from lab.aws.app import server
from lab.secrets import aws_keys


@functools.cache
def taken_keys() -> dict[str, str]:
    """The keys that `lab up` made for the inventory's vault, and no others."""
    keys = aws_keys()
    return {keys["aws_access_key_id"]: keys["aws_secret_access_key"]}


def main() -> None:
    """Serve the control plane; state lives in memory and goes with the process."""
    host, _, port = os.environ.get("LAB_BIND", world.MACHINE).partition(":")
    certificates.give()
    serving = server(taken_keys, host, int(port or world.AWS_PORT))
    # shutdown() waits for serve_forever() to end, so it must not run in the thread that serves.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=serving.shutdown).start())
    print(f"lab.aws: http://{serving.host}:{serving.port}", file=sys.stderr, flush=True)
    serving.serve_forever()


if __name__ == "__main__":
    main()
