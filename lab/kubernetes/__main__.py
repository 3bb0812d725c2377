# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.kubernetes`: serve the clusters of the NHN control plane until told to stop.

Environment (defaults are the lab's own): LAB_KUBERNETES_HOST and LAB_KUBERNETES_PORT, LAB_NHN_URL, LAB_KUBE (directory with
server.crt, server.key and token), LAB_REQUESTS (directory of the journal). SIGTERM ends the process; pods are ended with it, because
what they belong to is in its memory.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from lab.kubernetes.cluster import Cluster
from lab.kubernetes.clusters import Clusters, Faults, clear_leftovers
from lab.kubernetes.server import Application, make_server
from lab.world import KUBE, KUBERNETES_PORT, MACHINE, NHN_URL, REQUESTS


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    kube = Path(os.environ.get("LAB_KUBE", KUBE))
    missing = [name for name in ("server.crt", "server.key", "token") if not (kube / name).is_file()]
    if missing:
        print(f"lab.kubernetes: {kube} lacks {', '.join(missing)}; `.venv/bin/python -m lab up` makes them", file=sys.stderr)
        return 1
    faults = Faults()

    def dark() -> bool:
        return "nhn" in faults

    clear_leftovers()
    clusters = Clusters(os.environ.get("LAB_NHN_URL", NHN_URL), lambda place, cidr: Cluster(place, cidr, dark))
    application = Application(clusters.serving, (kube / "token").read_text().strip(), dark)
    server = make_server(
        os.environ.get("LAB_KUBERNETES_HOST", MACHINE), int(os.environ.get("LAB_KUBERNETES_PORT", KUBERNETES_PORT)), application,
        journal=Path(os.environ.get("LAB_REQUESTS", REQUESTS)) / "kubernetes.jsonl", certificate=(kube / "server.crt", kube / "server.key"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    follower = threading.Thread(target=clusters.run, name="control plane", daemon=True)
    follower.start()
    server.serve_forever()
    clusters.end()
    follower.join(10)
    for cluster in clusters.serving.values():
        cluster.discard()
    return 0


if __name__ == "__main__":
    sys.exit(main())
