# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab.materialise`: runs until SIGTERM or SIGINT and leaves every container as it is."""

from __future__ import annotations

import logging
import signal
import sys

from lab.materialise.loop import Materialiser


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    materialiser = Materialiser()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: materialiser.stop())
    materialiser.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
