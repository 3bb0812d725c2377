# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS: only what amazon.aws and community.aws lack. One file per resource; `told` is how all of them speak of errors."""
