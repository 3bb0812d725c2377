# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much the account may have of what is not in moto's list, which is VPC's only. By AWS's defaults, but for processors."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.responses import RDSResponse
from moto.servicequotas.models import ServiceQuotasBackend

from lab.aws.extend import graft

VCPU = "L-1216C47A"
QUOTAS = {
    ("ec2", VCPU): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 64.0),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0), ("ec2", "L-7029FAB6"): ("Virtual private gateways per region", 5.0),
    ("ec2", "L-4FB7FF5D"): ("Customer gateways per region", 50.0), ("ec2", "L-3E6EC3A3"): ("VPN connections per region", 50.0),
    ("rds", "L-7B6409FD"): ("DB instances", 40.0), ("rds", "L-7ADDB58A"): ("Total storage for all DB instances", 100_000.0),
    ("elasticloadbalancing", "L-53DA6B97"): ("Application Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-B22855CB"): ("Target Groups per Region", 3000.0),
    ("autoscaling", "L-CDE20ADC"): ("Auto Scaling groups per region", 500.0), ("ec2", "L-FB451C26"): ("Launch templates", 5000.0),
    ("wafv2", "L-2EC3DE7B"): ("Maximum web ACLs per account in WAF for regional", 100.0),
    ("wafv2", "L-D6DA96AE"): ("Maximum IP sets per account in WAF for regional", 100.0),
    ("route53", "L-ACB674F3"): ("Health checks", 200.0), ("s3", "L-DC2B2D3D"): ("General purpose buckets", 10_000.0),
}
# The same two as RDS itself calls them.
RDS_QUOTAS = {"DBInstances": ("rds", "L-7B6409FD"), "AllocatedStorage": ("rds", "L-7ADDB58A")}
_moto_quota = ServiceQuotasBackend.get_service_quota


class _Quotas:
    def get_service_quota(self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        if found := QUOTAS.get((service_code, quota_code)):
            return {"ServiceCode": service_code, "ServiceName": service_code, "QuotaCode": quota_code, "QuotaName": found[0], "Unit": "None",
                    "Value": found[1], "Adjustable": True, "GlobalQuota": service_code in ("route53", "s3")}
        return dict(_moto_quota(self, service_code, quota_code))


class _Rds:
    def describe_account_attributes(self: Any) -> ActionResult:
        databases = list(self.backend.databases.values())
        used = {"DBInstances": len(databases), "AllocatedStorage": sum(int(each.allocated_storage or 0) for each in databases)}
        return ActionResult({"AccountQuotas": [{"AccountQuotaName": name, "Used": used[name], "Max": int(QUOTAS[quota][1])}
                                               for name, quota in RDS_QUOTAS.items()]})


def install() -> None:
    """Put those in place."""
    graft(ServiceQuotasBackend, _Quotas)
    graft(RDSResponse, _Rds)
