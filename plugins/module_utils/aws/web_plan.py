# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application at AWS is to be like, before anything is asked of AWS: its faults, and its parts in the words of modules. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ROLE = "aws_web"
NAME = re.compile(r"(?!internal-)[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?")            # with "-inner" no more than a load balancer's 32 characters
BY_DIGEST = re.compile(r"[a-zA-Z0-9][\w.:/-]*@sha256:[0-9a-f]{64}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PARAMETER = re.compile(r"/(?!aws|ssm)[\w.-]+(/[\w.-]+)*", re.IGNORECASE)
ECR = re.compile(r"(\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)/.+")


def faults(plan: Mapping[str, Any]) -> list[str]:
    """Every reason why this cannot be built, as "path: what is wrong"; empty when it can. plan: the role's variables. No fault tells a secret."""
    return [*_names(plan), *_variables(plan), *_places(plan), *_numbers(plan)]


def differing(wishes: Sequence[Mapping[str, Any]], seen: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The wishes {"name", "wish": {...}}, each with `differs`: whether what was seen under its name is otherwise, or not there."""
    return [{**wanted, "differs": {**seen.get(wanted["name"], {}), **wanted["wish"]} != seen.get(wanted["name"])} for wanted in wishes]


def registry(image: str) -> str:
    """The registry of ECR that an image is pulled from, which wants a pass; "" for any other place."""
    found = ECR.fullmatch(image)
    return found.group(1) if found else ""


def group_tags(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags of a group itself; what its instances carry is said by their template."""
    return [{name: value, "propagate_at_launch": False} for name, value in sorted(tags.items())]


def _names(plan: Mapping[str, Any]) -> Iterator[str]:
    if not NAME.fullmatch(str(plan[f"{ROLE}_name"])):
        yield f"{ROLE}_name: {plan[f'{ROLE}_name']} must be up to 26 of a-z, 0-9 and '-', and not begin with internal-"
    if not BY_DIGEST.fullmatch(str(plan[f"{ROLE}_container_image"])):
        yield f"{ROLE}_container_image: {plan[f'{ROLE}_container_image']} must name its image by digest, as name@sha256:..."
    if not PARAMETER.fullmatch(str(plan[f"{ROLE}_secrets_parameter"])):
        yield f"{ROLE}_secrets_parameter: {plan[f'{ROLE}_secrets_parameter']} must be a path such as /tickets/app, and not begin with /aws or /ssm"
    if not plan[f"{ROLE}_certificate_arn"] and not plan[f"{ROLE}_certificate_domain"]:
        yield f"{ROLE}_certificate_arn: the public name needs a certificate; name it, or its domain by {ROLE}_certificate_domain"


def _variables(plan: Mapping[str, Any]) -> Iterator[str]:
    settings, secrets = plan[f"{ROLE}_settings"], plan[f"{ROLE}_secrets"]
    for kind, given in (("settings", settings), ("secrets", secrets)):
        for name, value in given.items():
            if not VARIABLE.fullmatch(str(name)):
                yield f"{ROLE}_{kind}.{name}: is no name of an environment variable"
            if re.search(r"[\r\n]", str(value)):
                yield f"{ROLE}_{kind}.{name}: has a line break in it, which an environment file cannot hold"
    yield from (f"{ROLE}_secrets.{name}: is among the settings as well" for name in sorted(set(settings) & set(secrets)))


def _places(plan: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("subnets", "app_subnets"):
        if len(set(plan[f"{ROLE}_{kind}"])) < 2:
            yield f"{ROLE}_{kind}: two at least are needed, in different zones"


def _numbers(plan: Mapping[str, Any]) -> Iterator[str]:
    fewest, most, cpu = (plan[f"{ROLE}_{name}"] for name in ("min", "max", "cpu_percent"))
    if fewest < 2:
        yield f"{ROLE}_min: {fewest} must be 2 or more, one in each zone"
    if most < fewest:
        yield f"{ROLE}_max: {most} is less than {ROLE}_min ({fewest})"
    if not 1 <= cpu <= 100:
        yield f"{ROLE}_cpu_percent: {cpu} is not between 1 and 100"
