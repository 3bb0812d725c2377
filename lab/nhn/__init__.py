# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An unkind emulator of NHN Cloud's control plane: what it models, what it does not, and why is in docs/decisions/0002."""
