# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server holds that the writer does not: found, told apart from what the writer deleted, reported, replayed by decision only."""
