# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal: a copy of the standby that is thrown away, the application on it, one purchase, and nothing left behind. Users notice none of it."""
