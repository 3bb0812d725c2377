# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many processors of ordinary machines the account may have; moto knows quotas of VPC only."""

from __future__ import annotations

from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend

from lab.aws.extend import graft

VCPU = "L-1216C47A"
_moto_quota = ServiceQuotasBackend.get_service_quota


class _Quotas:
    def get_service_quota(self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        if (service_code, quota_code) == ("ec2", VCPU):
            return {"ServiceCode": "ec2", "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)", "QuotaCode": VCPU, "Unit": "None",
                    "QuotaName": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "Value": 64.0, "Adjustable": True,
                    "GlobalQuota": False}
        return dict(_moto_quota(self, service_code, quota_code))


def install() -> None:
    """Put that one in place."""
    graft(ServiceQuotasBackend, _Quotas)
