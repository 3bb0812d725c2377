# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can role k8s_app run an application as it is told to? Pure: looks at what is planned, and asks no cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

Plan = Mapping[str, Any]
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")        # with the longest ending that is put behind it, a label of 63
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IMAGE = re.compile(r"[a-z0-9][^\s@]*(:[\w][\w.-]{0,127}|(:[\w][\w.-]{0,127})?@sha256:[0-9a-f]{64})")
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
UNITS = {"m": Decimal("0.001"), "k": Decimal(1000), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
         "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40)}
ENVIRONMENTS = ("settings", "image_settings", "secrets", "migrate_secrets")
PORTS = ("port", "service_port")
ABOVE_NOTHING = ("start_seconds", "wait_seconds", "prove_wait_seconds", "migrate_wait_seconds", "cpu_target_percent", "scale_up_percent",
                 "scale_down_percent", "scratch_mb")


def faults(given: Plan) -> list[str]:
    """Every reason why it cannot, as "path: what is wrong", without any secret; empty when it can.

    given: the role's variables without its name before each.
    """
    found = (*_names(given), *_image(given), *_environment(given), *_replicas(given), *_amounts(given), *_numbers(given), *_paths(given),
             *_networks(given), *_registry(given["registry"]))
    return [f"k8s_app_{fault}" for fault in found]


def _names(given: Plan) -> Iterator[str]:
    for name in ("name", "namespace"):
        if not NAME.fullmatch(str(given[name])):
            yield f"{name}: {given[name]!r} is no name that Kubernetes takes here: small letters, digits and -, at most 53"


def _image(given: Plan) -> Iterator[str]:
    image = str(given["image"])
    if not IMAGE.fullmatch(image) or ":" not in image.rsplit("/", 1)[-1]:
        yield f"image: {image!r} names neither a tag nor a digest, so nobody could say what runs; such as ncr.example.com/shop@sha256:…"
    elif image.endswith(":latest"):
        yield f"image: the tag of {image!r} moves, so pods of one Deployment could run different things; name a version or a digest"
    if given["migrate"] and not given["migrate_command"]:
        yield "migrate_command: is empty, and k8s_app_migrate is true"


def _environment(given: Plan) -> Iterator[str]:
    for part in ENVIRONMENTS:
        for key, value in given[part].items():
            if not VARIABLE.fullmatch(str(key)):
                yield f"{part}.{key}: is no name of an environment variable"
            if not isinstance(value, str):
                yield f"{part}.{key}: must be a text; write it in quotes"
            elif part.endswith("secrets") and not value:
                yield f"{part}.{key}: is empty; a secret that is not there yet has to be put into the vault first"
    for key in sorted(set(given["settings"]) & set(given["secrets"])):
        yield f"settings.{key}: is among k8s_app_secrets, too"
    for key in sorted(set(given["image_settings"]) & (set(given["settings"]) | set(given["secrets"]))):
        yield f"image_settings.{key}: is among k8s_app_settings or k8s_app_secrets, too"


def _replicas(given: Plan) -> Iterator[str]:
    least, most = given["replicas_min"], given["replicas_max"]
    if least < 1:
        yield f"replicas_min: {least} is less than one"
    if most < least:
        yield f"replicas_max: {most} is less than k8s_app_replicas_min, {least}"
    if least == 1 and given["disruption_budget"]:
        yield "disruption_budget: with one replica (k8s_app_replicas_min) it would keep nodes from ever being drained"


def _amounts(given: Plan) -> Iterator[str]:
    for kind in ("cpu", "memory"):
        request, limit = (amount(given[f"{kind}_{part}"]) for part in ("request", "limit"))
        for part, value in (("request", request), ("limit", limit)):
            if value is None or value <= 0:
                yield f"{kind}_{part}: {given[f'{kind}_{part}']!r} is no amount as Kubernetes writes them, such as 500m or 256Mi"
        if request and limit and request > limit:
            yield f"{kind}_request: {given[f'{kind}_request']} is more than k8s_app_{kind}_limit, {given[f'{kind}_limit']}"


def amount(text: Any) -> Decimal | None:
    """A quantity in its base unit (cores, bytes); None when it is none."""
    found = QUANTITY.fullmatch(str(text))
    return Decimal(found[1]) * UNITS.get(found[2], Decimal(1)) if found else None


def _numbers(given: Plan) -> Iterator[str]:
    for name in ABOVE_NOTHING:
        if given[name] < 1:
            yield f"{name}: {given[name]} is less than one"
    for name in ("drain_seconds", "scale_down_window_seconds", "scale_up_pods"):
        if given[name] < 0:
            yield f"{name}: {given[name]} is less than nothing"
    if given["scale_down_window_seconds"] > 3600:
        yield f"scale_down_window_seconds: {given['scale_down_window_seconds']} is more than an hour, which is the most Kubernetes takes"
    for name in PORTS:
        if not 1 <= given[name] <= 65535:
            yield f"{name}: {given[name]} is no port"
    if given["run_as_user"] < 1:
        yield f"run_as_user: {given['run_as_user']} is root or nobody at all; the container runs as an ordinary user"


def _paths(given: Plan) -> Iterator[str]:
    for name in ("ready_path", "live_path", "metrics_path"):
        path = str(given[name])
        if not path.startswith("/") and not (name == "metrics_path" and not path):
            yield f"{name}: {path!r} does not begin with /"
    seen: list[str] = []
    for at, path in enumerate(given["scratch_paths"]):
        if not str(path).startswith("/") or str(path) == "/":
            yield f"scratch_paths[{at}]: {path!r} is no folder below /"
        elif path in seen:
            yield f"scratch_paths[{at}]: {path} is named twice"
        seen.append(path)


def _networks(given: Plan) -> Iterator[str]:
    for at, cidr in enumerate(given["allowed_cidrs"]):
        yield from _cidr(f"allowed_cidrs[{at}]", cidr)
    for at, rule in enumerate(given["egress"]):
        yield from _cidr(f"egress[{at}].cidr", rule["cidr"])
        if not 1 <= rule["port"] <= 65535:
            yield f"egress[{at}].port: {rule['port']} is no port"


def _cidr(path: str, cidr: Any) -> Iterator[str]:
    try:
        ip_network(str(cidr))
    except ValueError as why:
        yield f"{path}: {why}"


def _registry(given: Plan) -> Iterator[str]:
    """A fault of the password is told without it."""
    if not given:
        return
    for part in ("host", "user", "password"):
        if not given.get(part):
            yield f"registry.{part}: is missing, and without it no node can pull the image"
