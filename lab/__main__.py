# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m lab`: see lab/cli.py."""

import sys

try:
    from lab.cli import main
    sys.exit(main())
except KeyboardInterrupt:       # while its modules were still being read; `main` tells what became of a command
    sys.stderr.write("\nInterrupted; nothing was touched.\n")
    sys.exit(130)
