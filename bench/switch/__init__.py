# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The switch's figures, on the lab's real processes: `python -m bench.switch`. Kills while people buy, and random schedules of faults."""
