# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one-machine world: both clouds in a box. Nothing under plugins/ or roles/ imports from here."""
