# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.writes mark`, then `python -m tests.writes none`: did anything reach a control plane in between that would change it?

The emulators write down every request. `none` exits 1 and lists the writes since the mark.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lab.journal import entries

BUILD = Path(__file__).resolve().parent.parent / "build"
MARK = BUILD / "tests" / "mark"


def since(moment: float, folder: Path) -> list[str]:
    """"file: method path action" of every write at or after a moment (seconds since the epoch)."""
    return [
        f"{path.stem}: {row['method']} {row['path']} {row['action']}"
        for path in sorted(folder.glob("*.jsonl")) for row in entries(path, moment) if row["write"]
    ]


def main(what: str) -> int:
    """Entry point."""
    if what == "mark":
        MARK.parent.mkdir(parents=True, exist_ok=True)
        MARK.write_text(str(time.time()))
        return 0
    journals = BUILD / "lab" / "requests"
    if not any(journals.glob("*.jsonl")):
        print(f"nothing to judge: {journals} holds no journal")
        return 1
    found = since(float(MARK.read_text()), journals)
    print("\n".join(found) or "no write reached a control plane")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
