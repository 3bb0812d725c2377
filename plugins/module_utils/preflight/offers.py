# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do both clouds have what the inventory asks for? Regions, zones, flavors, images, versions. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from . import versions
from .findings import Finding, World, some

ARCHITECTURE = "x86_64"         # what the packages and images that hosts install are made for


def judge(world: World) -> Iterable[Finding]:
    """Everything that is asked for and not to be had."""
    yield from _nhn(world)
    yield from _nhn_databases(world)
    yield from _nhn_kubernetes(world)
    yield from _aws(world)
    yield from _aws_databases(world)
    yield from versions.judge(world)


def _nhn(world: World) -> Iterator[Finding]:
    if login := world.nhn["login"]:
        region = str(world.site("nhn").get("region"))
        yield from (Finding("topology_sites.nhn.region", f"{region} has no {service} by the catalog",
                            f"Choose a region that has it: {some(regions)}.")
                    for service, regions in login["services"].items() if region not in regions)
    if compute := world.nhn["compute"]:
        for path in ("nhn_host_zone", "nhn_database_zone", "nhn_kubernetes_zone"):
            yield from _missing(path, world[path], compute["zones"], "zone of NHN Cloud")
        for path in ("nhn_host_flavor", "nhn_kubernetes_flavor"):
            yield from _missing(path, world[path], compute["flavors"], "flavor of NHN Cloud")
    if images := world.nhn["images"]:
        yield from _image("nhn_host_image", world["nhn_host_image"], images["names"])
        yield from _image("nhn_kubernetes_image", world["nhn_kubernetes_image"], images["for_nodes"])
    if volumes := world.nhn["volumes"]:
        root = world["nhn_host_root_volume"] or {}
        yield from _missing("nhn_host_root_volume.type", root.get("type"), volumes["types"], "type of volume")
        yield from _missing("nhn_kubernetes_volume_type", world["nhn_kubernetes_volume_type"], volumes["types"], "type of volume")
    if (network := world.nhn["network"]) and not network["external"]:
        yield Finding("nhn_auth.tenant_id", "the project has no external network, so that no gateway and no floating IP can be made",
                      "Ask NHN Cloud to enable it for this project.")


def _nhn_databases(world: World) -> Iterator[Finding]:
    if (rds := world.nhn["rds"]) is None:
        return
    region = str(world.site("nhn").get("region"))
    if not rds["regions"].get(region):
        yield Finding("topology_sites.nhn.region", f"RDS for MySQL is not enabled in {region} for this appkey",
                      "Enable the service in the console, in that region.")
    yield from _missing("nhn_database_version", world["nhn_database_version"], rds["versions"], "version that RDS for MySQL has")
    yield from _missing("nhn_database_flavor", world["nhn_database_flavor"], rds["flavors"], "flavor that RDS for MySQL has")
    yield from _missing("nhn_database_storage_type", world["nhn_database_storage_type"], rds["storage_types"], "storage that RDS for MySQL has")


def _nhn_kubernetes(world: World) -> Iterator[Finding]:
    if (kubernetes := world.nhn["kubernetes"]) is None:
        return
    yield from _missing("nhn_kubernetes_version", world["nhn_kubernetes_version"], kubernetes["versions"], "version that NKS makes clusters of")
    for index, addon in enumerate(world.mappings("nhn_kubernetes_addons")):
        there = kubernetes["addons"].get(str(addon.get("name")))
        if there is None:
            yield from _missing(f"nhn_kubernetes_addons[{index}].name", addon.get("name"), kubernetes["addons"], "addon of NKS")
        else:
            yield from _missing(f"nhn_kubernetes_addons[{index}].version", addon.get("version"), there, f"version of {addon.get('name')}")


def _aws(world: World) -> Iterator[Finding]:
    region = str(world.site("aws").get("region"))
    if (regions := world.aws["regions"]) is not None and regions.get(region) not in ("opt-in-not-required", "opted-in"):
        yield Finding("topology_sites.aws.region", f"{region} is not enabled for this account ({regions.get(region, 'AWS does not know it')})",
                      "Enable it in the account's settings, which takes AWS some minutes, or choose another.")
    subnets = {str(subnet.get("name")): subnet for subnet in world.site("aws").get("subnets") or () if isinstance(subnet, Mapping)}
    if (zones := world.aws["zones"]) is not None:
        for index, subnet in enumerate(subnets.values()):
            state = zones.get(str(subnet.get("zone")))
            if state != "available":
                yield Finding(f"topology_sites.aws.subnets[{index}].zone", f"{subnet.get('zone')} is {state or 'no zone of this account'}",
                              f"Choose another: {some(zone for zone, told in zones.items() if told == 'available')}.")
    yield from _instance(world, "aws_host_instance_type", [subnets.get(str(world["aws_host_subnet"]), {})])
    yield from _instance(world, "aws_web_instance_type", [subnets.get(str(name), {}) for name in world["aws_web_app_subnets"] or ()])
    for path in ("aws_host_image", "aws_web_instance_image"):
        yield from _ami(world, path)
    yield from _root_volume(world)


def _instance(world: World, path: str, subnets: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    types, wanted = world.aws["types"], world[path]
    if types is None or wanted is None:
        return
    if (known := types.get(str(wanted))) is None:
        yield Finding(path, f"AWS knows no instance type {wanted}", "Choose one that it has, such as t3.small.")
        return
    lacking = {str(subnet["zone"]) for subnet in subnets if subnet.get("zone")} - set(known["zones"])
    if lacking:
        yield Finding(path, f"{wanted} is not to be had in {some(lacking)}", f"Choose another type, or subnets in {some(known['zones'])}.")
    if ARCHITECTURE not in known["architectures"]:
        yield Finding(path, f"{wanted} is a machine of {some(known['architectures'])}, and hosts are built for {ARCHITECTURE}",
                      "Choose one of that architecture.")


def _ami(world: World, path: str) -> Iterator[Finding]:
    images, wanted = world.aws["images"], world[path]
    if images is None or wanted is None:
        return
    image = images.get(str(wanted))
    if image is None:
        yield Finding(path, f"{wanted} does not exist in {world.site('aws').get('region')}, or is not shared with this account",
                      "Images differ by region: look up Debian 12's of this one (owner 136693071363).")
    elif image["state"] != "available":
        yield Finding(path, f"{wanted} is {image['state']}", "Choose one that is available.")
    elif image["architecture"] != ARCHITECTURE:
        yield Finding(path, f"{wanted} is for {image['architecture']}, and hosts are built for {ARCHITECTURE}", "Choose one of that architecture.")


def _root_volume(world: World) -> Iterator[Finding]:
    """A launch template describes the root volume by the name that the image has for it."""
    ami = str(world["aws_web_instance_image"])
    image, device, size = (world.aws["images"] or {}).get(ami), world["aws_web_root_device"], world["aws_web_root_gigabytes"]
    if not image or not image["root"]:
        return
    if device and device != image["root"]:
        yield Finding("aws_web_root_device", f"{ami} calls its root volume {image['root']}; {device} would be another one beside it, and the root "
                      "neither encrypted nor of the size that is asked for", f"Set it to {image['root']}.")
    if size is not None and size < image["root_gib"]:
        yield Finding("aws_web_root_gigabytes", f"{size} GiB are asked for, and {ami} needs {image['root_gib']}",
                      f"Ask for {image['root_gib']} or more.")


def _aws_databases(world: World) -> Iterator[Finding]:
    if (there := world.aws["versions"]) is not None:
        yield from _missing("aws_database_engine_version", world["aws_database_engine_version"], there["mysql"], "version that RDS has")
    classes, wanted = world.aws["classes"], world["aws_database_class"]
    if classes is None or wanted is None:
        return
    if not classes["zones"]:
        yield Finding("aws_database_class", f"{wanted} is not to be had with MySQL {world['aws_database_engine_version']}",
                      "Choose another class, or another version.")
        return
    subnets = {str(subnet.get("name")): str(subnet.get("zone")) for subnet in world.site("aws").get("subnets") or () if isinstance(subnet, Mapping)}
    zones = {subnets[name] for name in world["aws_database_subnets"] or () if name in subnets}
    needed = 2 if world["aws_database_multi_az"] else 1
    if len(zones & set(classes["zones"])) < needed:
        yield Finding("aws_database_class", f"{wanted} is to be had in {some(classes['zones'])}, and the database's subnets lie in {some(zones)}",
                      f"Have at least {needed} of them in a zone that has it.")


def _missing(path: str, wanted: Any, there: Collection[Any], noun: str) -> Iterator[Finding]:
    if wanted is not None and wanted not in there:
        yield Finding(path, f"{wanted!r} is no {noun}", f"There {'is' if len(there) == 1 else 'are'}: {some(there)}.")


def _image(path: str, wanted: Any, there: Collection[str]) -> Iterator[Finding]:
    if wanted and not any(name.startswith(str(wanted)) for name in there):
        yield Finding(path, f"no image is called {wanted!r} or begins so", f"There are: {some(there)}.")
