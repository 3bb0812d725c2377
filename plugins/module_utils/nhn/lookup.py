# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking things up: what a project has and what the cloud offers, as a list in our words, narrowed by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..faults import Absent
from .iaas import Iaas, fitting


@dataclass(frozen=True)
class Look:
    """One kind of thing to look up. ours: our word for each of the API's that differs; shown: the API's words that are told."""

    noun: str
    service: str
    path: str
    key: str
    shown: tuple[str, ...]
    ours: Mapping[str, str]

    def answer(self, cloud: Iaas, params: Mapping[str, Any]) -> dict[str, Any]:
        """{"resources": [...]} in order of name, all or those whose name or id is given. A name that nothing has is an empty list."""
        raws = cloud.list(self.service, self.path, self.key, **self.scope(cloud, params))
        given = params.get("name")
        found = [{self.ours.get(name, name): raw.get(name) for name in self.shown} for raw in (raws if given is None else fitting(raws, given))]
        return {"resources": sorted(found, key=lambda each: (str(each["name"]), str(each["id"])))}

    def scope(self, cloud: Iaas, params: Mapping[str, Any]) -> dict[str, Any]:
        """The query that narrows the list to the VPC that is given, for kinds that live in one."""
        if not params.get("vpc"):
            return {}
        vpc = cloud.named("network", "/vpcs", "vpcs", "vpc", params["vpc"])
        if not vpc:
            names = sorted(str(each["name"]) for each in cloud.list("network", "/vpcs", "vpcs"))
            raise Absent("find", f"vpc {params['vpc']}", left="Nothing was touched.", then=f"There are: {', '.join(names) or 'none'}.")
        return {"vpc_id": vpc["id"]}


NAME: dict[str, Any] = {"name": {"type": "str"}}
FLAVORS = Look("flavor", "compute", "/flavors/detail", "flavors", ("id", "name", "vcpus", "ram", "disk"), {"ram": "ram_mb", "disk": "disk_gb"})
IMAGES = Look("image", "image", "/images", "images", ("id", "name", "status", "min_disk", "created_at", "login_username"),
              {"min_disk": "min_disk_gb"})
SUBNETS = Look("subnet", "network", "/vpcsubnets", "vpcsubnets", ("id", "name", "vpc_id", "cidr", "gateway", "available_ip_count"),
               {"vpc_id": "vpc", "available_ip_count": "free_addresses"})
SNAPSHOTS = Look("snapshot", "volume", "/snapshots/detail", "snapshots", ("id", "name", "volume_id", "size", "status", "created_at"),
                 {"volume_id": "volume", "size": "size_gb"})
