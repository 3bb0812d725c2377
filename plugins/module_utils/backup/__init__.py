# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups: made on the writer's side, sealed, kept in S3 under a manifest, and restored into new instances with proof."""
