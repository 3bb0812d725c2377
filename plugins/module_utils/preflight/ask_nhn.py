# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NHN Cloud has on offer and what the project holds already. Reads only; a log-in is the one POST, and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..nhn.auth import for_objects
from ..nhn.dns_plus import DnsPlus
from ..nhn.iaas import Iaas
from ..nhn.rds import Rds
from ..nhn.registry import Ncr
from .asking import Hurried, Impatient, ask, offset, why_not

SERVICES = {"network": ("network",), "compute": ("compute",), "NKS": ("kubernetes", "container-infra")}      # that the region must have


def look(auth: Mapping[str, Any], seconds: float, *, names: bool = False) -> dict[str, Any]:
    """{"answers", "silent"} as findings.Seen has them. auth: option `auth` of the nhn_* modules; what is missing in it is not
    asked. seconds: for all of it. names: whether DNS Plus is asked as well, which is used only where somebody wants it."""
    account, until = dict(auth), time.monotonic() + seconds

    def client() -> Iaas:
        return Iaas(account, Impatient(), Hurried(until))

    asked = {"login": lambda: _login(client()), "objects": lambda: _objects(account, until), "rds": lambda: _rds(account, until),
             "registry": lambda: _registry(account, until)}
    first = ask(asked | ({"dns_plus": lambda: _names_there(account, until)} if names else {}), why_not, until)
    if "login" in first["silent"]:
        return first                    # nothing below it would be answered otherwise
    second = ask({"network": lambda: _network(client()), "compute": lambda: _compute(client()), "images": lambda: _images(client()),
                  "volumes": lambda: _volumes(client()), "kubernetes": lambda: _kubernetes(client())}, why_not, until)
    return {part: first[part] | second[part] for part in ("answers", "silent")}


def _login(cloud: Iaas) -> dict[str, Any]:
    began = time.time()
    date, catalog = cloud.entrance()
    regions = {name: sorted({str(endpoint.get("region", "")).upper() for entry in catalog if entry.get("type") in types
                             for endpoint in entry.get("endpoints", ())}) for name, types in SERVICES.items()}
    return {"offset_seconds": offset(date, began, time.time()), "services": regions}


def _objects(account: dict[str, Any], until: float) -> dict[str, Any]:
    _unused, catalog = Iaas(for_objects(account), Impatient(), Hurried(until)).entrance()
    return {"services": sorted({str(entry.get("type")) for entry in catalog})}


def _rds(account: dict[str, Any], until: float) -> dict[str, Any]:
    rds = Rds(account, Impatient(), Hurried(until), job_seconds=0)
    return {"regions": {str(each["regionCode"]): bool(each["isEnabled"]) for each in rds.listed("/project/regions", "regions")},
            "versions": [str(each["dbVersion"]) for each in rds.listed("/db-versions", "dbVersions")],
            "flavors": [str(each["dbFlavorName"]) for each in rds.listed("/db-flavors", "dbFlavors")],
            "storage_types": [str(each) for each in rds.listed("/storage-types", "storageTypes")],
            "instances": [{"name": str(each["dbInstanceName"]), "role": str(each.get("dbInstanceType", "MASTER"))}
                          for each in rds.listed("/db-instances", "dbInstances") if each.get("dbInstanceStatus") != "DELETED"]}


def _registry(account: dict[str, Any], until: float) -> dict[str, Any]:
    page = Ncr(account, Impatient(), Hurried(until)).call("GET", "/registries", doing="list", to="registries", params={"page": 1, "page_size": 100})
    return {"registries": [str(each["name"]) for each in page["registries"] or ()]}


def _names_there(account: dict[str, Any], until: float) -> dict[str, Any]:
    dns = DnsPlus(account, Impatient(), Hurried(until))
    return {"zones": [str(each["zoneName"]).rstrip(".") for each in dns.every("/zones", "zoneList")]}


def _network(cloud: Iaas) -> dict[str, Any]:
    vpcs, outward = cloud.list("network", "/vpcs", "vpcs"), cloud.list("network", "/vpcs", "vpcs", **{"router:external": "true"})
    named = _names(cloud)
    return {"external": any(vpc.get("router:external") for vpc in outward),
            "vpcs": [{"id": str(vpc["id"]), "name": str(vpc.get("name") or ""), "cidr": str(vpc.get("cidrv4") or "")}
                     for vpc in vpcs if not vpc.get("router:external")],
            "internet_gateways": named("/internetgateways", "internetgateways"), "nat_gateways": named("/natgateways", "natgateways"),
            "floating_ips": len(cloud.list("network", "/floatingips", "floatingips")),
            "load_balancers": named("/lbaas/loadbalancers", "loadbalancers")}


def _names(cloud: Iaas) -> Callable[[str, str], list[str]]:
    return lambda path, key: [str(each.get("name") or each["id"]) for each in cloud.list("network", path, key)]


def _compute(cloud: Iaas) -> dict[str, Any]:
    flavors = cloud.list("compute", "/flavors/detail", "flavors")
    size = {str(flavor["id"]): int(flavor["vcpus"]) for flavor in flavors}
    return {"zones": [str(zone["zoneName"]) for zone in cloud.list("compute", "/os-availability-zone", "availabilityZoneInfo")],
            "flavors": {str(flavor["name"]): int(flavor["vcpus"]) for flavor in flavors},
            "servers": {str(server["name"]): size.get(str((server.get("flavor") or {}).get("id")), 0)
                        for server in cloud.list("compute", "/servers/detail", "servers")}}


def _images(cloud: Iaas) -> dict[str, Any]:
    def active(**params: Any) -> list[str]:
        return [str(image["name"]) for image in cloud.list("image", "/images", "images", **params) if image.get("status", "active") == "active"]

    return {"names": active(), "for_nodes": active(nhncloud_allow_nks_cpu_flavor="true", visibility="public")}


def _volumes(cloud: Iaas) -> dict[str, Any]:
    return {"types": [str(kind["name"]) for kind in cloud.list("volume", "/types", "volume_types")],
            "gigabytes": sum(int(volume.get("size") or 0) for volume in cloud.list("volume", "/volumes/detail", "volumes"))}


def _kubernetes(cloud: Iaas) -> dict[str, Any]:
    supported = cloud.call("GET", "kubernetes", "/supports", doing="read", to="versions of NKS").get("supported_k8s") or {}
    addons: dict[str, list[str]] = {}
    for addon in cloud.list("kubernetes", "/addons", "addons"):
        addons.setdefault(str(addon["name"]), []).append(str(addon["version"]))
    return {"versions": [version for version, good in supported.items() if str(good).lower() == "true"], "addons": addons,
            "clusters": [str(cluster["name"]) for cluster in cloud.list("kubernetes", "/clusters", "clusters")]}
