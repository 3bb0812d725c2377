# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release from its image to both sites: what was done of it, who signed it, how it fares, and whether it has to be taken back."""
