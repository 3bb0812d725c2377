# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The data's figures, against peers, on two real MySQL servers of the lab's image: `python -m bench.db`."""
