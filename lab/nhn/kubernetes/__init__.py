# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NKS, the Kubernetes service: a Magnum derivative below /kubernetes/v1."""

from __future__ import annotations

from . import access, addons, clusters, nodegroups

ALL = (clusters.routes, nodegroups.routes, addons.routes, access.routes)
