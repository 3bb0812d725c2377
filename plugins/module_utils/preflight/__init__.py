# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is missing before anything is built: facts about both clouds and the inventory in, findings out. Who asks the clouds only reads."""
