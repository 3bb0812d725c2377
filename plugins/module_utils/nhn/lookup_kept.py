# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking up what other modules keep, in the very words they keep it in: what is told here can be handed to them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .floating_ip import FloatingIp
from .iaas import Iaas, fitting
from .load_balancer import LoadBalancer
from .object_container import ObjectContainer, containers
from .registry import Ncr, Registry
from .resource import Resource
from .s3_credential import credentials_of
from .security_group import SecurityGroup
from .server import GONE, Server
from .vpc import Vpc

Told = dict[str, Any]


def asked(params: Mapping[str, Any], raws: list[dict[str, Any]], *words: str) -> list[dict[str, Any]]:
    """Those of the name or id that is given, or all when none is."""
    return raws if params.get("name") is None else fitting(raws, params["name"], *words)


def in_order(told: Iterable[Told]) -> Told:
    """{"resources": [...]} in order of name. A name that nothing has is an empty list."""
    return {"resources": sorted(told, key=lambda each: (str(each["name"]), str(each["id"])))}


def _every(cloud: Iaas, kind: type[Resource]) -> tuple[Resource, list[dict[str, Any]]]:
    resource = kind(cloud, {})
    return resource, cloud.list(kind.service, kind.path, resource.plural)


def vpcs(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """VPCs, the one that leads out among them."""
    kind, raws = _every(cloud, Vpc)
    return in_order({**kind.shape(raw), "external": bool(raw.get("router:external"))} for raw in asked(params, raws))


def floating_ips(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Floating IPs by label, address or id; `name` is "" of one without a label."""
    kind, raws = _every(cloud, FloatingIp)
    return in_order({**kind.shape(raw), "name": raw.get("label") or ""} for raw in asked(params, raws, "label", "floating_ip_address"))


def security_groups(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Security groups with their IPv4 rules."""
    kind, raws = _every(cloud, SecurityGroup)
    return in_order(kind.shape(raw) for raw in asked(params, raws))


def servers(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Servers that have not been removed, with their ports, addresses and volumes. Two requests, however many there are."""
    with cloud.one_look():
        kind = Server(cloud, {"ports": ["all of them"]})        # so that one list of ports answers for every server
        there = [raw for raw in cloud.list("compute", "/servers/detail", "servers") if raw["status"] not in GONE]
        return in_order({**kind.shape(raw), **_of_a_server(raw)} for raw in asked(params, there))


def _of_a_server(raw: Mapping[str, Any]) -> Told:
    """What is not compared, and so not told by the module that keeps servers."""
    addresses = [each for group in (raw.get("addresses") or {}).values() for each in group]
    return {"image": (raw.get("image") or {}).get("id"), "created_at": raw.get("created"), "fault": (raw.get("fault") or {}).get("message"),
            "public_addresses": [each["addr"] for each in addresses if each.get("OS-EXT-IPS:type") == "floating"],
            "security_groups": [each["name"] for each in raw.get("security_groups") or ()],
            "volumes": [each["id"] for each in raw.get("os-extended-volumes:volumes_attached") or ()]}


def load_balancers(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Load balancers with their listeners, and of each member whether it passes its check."""
    with cloud.one_look():
        there = [raw for raw in cloud.list("network", LoadBalancer.path, LoadBalancer.plural) if raw["provisioning_status"] != "DELETED"]
        return in_order(_balancer(cloud, raw) for raw in asked(params, there))


def _balancer(cloud: Iaas, raw: Mapping[str, Any]) -> Told:
    balancer = LoadBalancer(cloud, {"name": raw["name"]})
    told = balancer.shape(raw)
    for listener in told["listeners"]:
        health = balancer.health(listener["port"])
        listener["members"] = [{**member, "status": health.get((member["address"], member["port"]))} for member in listener["members"]]
    return {**told, "operating_status": raw.get("operating_status")}


def registries(cloud: Ncr, params: Mapping[str, Any]) -> Told:
    """Registries of the container registry."""
    kind = Registry(cloud, {})
    return in_order(kind.shape(raw) for raw in asked(params, [{"id": str(raw["project_id"]), **raw} for raw in kind.every()]))


def object_containers(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Containers of Object Storage; each takes a request, as a container tells its settings in its own headers."""
    names = [params["name"]] if params.get("name") else containers(cloud)
    found = (ObjectContainer(cloud, {"name": name}).find() for name in names)
    return in_order(each for each in found if each)


def s3_credentials(cloud: Iaas, params: Mapping[str, Any]) -> Told:
    """Key pairs for S3 of the API user, oldest first. The service tells their secrets as well; they are dropped here."""
    return {"resources": [{"id": raw["access"], "access": raw["access"], "user": raw["user_id"], "tenant": raw["tenant_id"],
                           "created_at": raw.get("created_at")} for raw in credentials_of(cloud)
                          if params.get("access") in (None, raw["access"])]}
