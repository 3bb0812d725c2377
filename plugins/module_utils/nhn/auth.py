# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option every nhn_* module has, and where the services are when it does not say."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ..faults import Absent, BadInput

IDENTITY_URL = "https://api-identity-infrastructure.nhncloudservice.com/v2.0"
OAUTH_URL = "https://oauth.api.nhncloudservice.com"
IN_HEADERS = ("tenant_id", "object_tenant_id", "appkey", "registry_appkey", "dns_plus_appkey", "access_key_id",
              "access_key_secret")      # or in a path
RDS_VERSIONS = ("v3.0", "v4.0")
DNS_PLUS_VERSIONS = ("v1.0", "v2.0")
RDS_REGIONS = ("KR1", "KR2", "JP1")     # the other services are in KR3 as well
REGISTRY_REGIONS = ("KR1", "KR2", "KR3")
HOSTS = {                               # {rc} is the region in lower case
    "network": "https://{rc}-api-network-infrastructure.nhncloudservice.com",
    "compute": "https://{rc}-api-instance-infrastructure.nhncloudservice.com",
    "volume": "https://{rc}-api-block-storage-infrastructure.nhncloudservice.com",
    "image": "https://{rc}-api-image-infrastructure.nhncloudservice.com",
    "kubernetes": "https://{rc}-api-kubernetes-infrastructure.nhncloudservice.com",
    "rds": "https://{rc}-rds-mysql.api.nhncloudservice.com",
    "objects": "https://{rc}-api-object-storage.nhncloudservice.com",
    "registry": "https://{rc}-ncr.api.nhncloudservice.com",
    "dns_plus": "https://dnsplus.api.nhncloudservice.com",      # of every region
}
VERSIONS = {"identity": "/v2.0", "network": "/v2.0", "compute": "/v2", "volume": "/v2", "image": "/v2", "kubernetes": "/v1", "objects": "/v1",
            "registry": "/ncr/v2.0"}
CATALOG_TYPES = {"network": ("network",), "compute": ("compute",), "volume": ("volumev2",), "image": ("image",),
                 "kubernetes": ("kubernetes", "container-infra"),
                 "objects": ("object-store",)}

NHN_AUTH: dict[str, Any] = {
    "auth": {
        "type": "dict",
        "required": True,
        "options": {
            "identity_url": {"type": "str", "default": IDENTITY_URL},
            "region": {"type": "str", "default": "KR1"},
            "tenant_id": {"type": "str"},
            "object_tenant_id": {"type": "str"},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "appkey": {"type": "str", "no_log": True},
            "registry_appkey": {"type": "str", "no_log": True},
            "dns_plus_appkey": {"type": "str", "no_log": True},
            "access_key_id": {"type": "str", "no_log": True},
            "access_key_secret": {"type": "str", "no_log": True},
            "rds_version": {"type": "str", "choices": list(RDS_VERSIONS), "default": RDS_VERSIONS[0]},
            "dns_plus_version": {"type": "str", "choices": list(DNS_PLUS_VERSIONS), "default": DNS_PLUS_VERSIONS[0]},
            "oauth_url": {"type": "str", "default": OAUTH_URL},
            **{f"{service}_url": {"type": "str"} for service in HOSTS},
        },
    },
}


def for_objects(auth: dict[str, Any]) -> dict[str, Any]:
    """The same account in the tenant of Object Storage, which has one of its own. Raises BadInput when auth does not name it."""
    require(auth, "object_tenant_id")
    return {**auth, "tenant_id": auth["object_tenant_id"]}


def require(auth: dict[str, Any], *names: str) -> None:
    """Raise BadInput naming every one of these that is empty, and all that can be in no request. Values are not quoted: most are secret."""
    wrong = [f"auth.{name}: required for this service" for name in names if not auth.get(name)]
    wrong += [f"auth.{name}: holds what no header of a request can, such as the end of a line" for name in names
              if name in IN_HEADERS and auth.get(name) and not re.fullmatch(r"[\x21-\x7e]+", str(auth[name]))]
    wrong += [f"auth.{name}: is no address that begins with http:// or https://" for name, value in auth.items()
              if name.endswith("_url") and value and not _is_address(str(value))]
    if wrong:
        raise BadInput(wrong)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def base_url(service: str, auth: dict[str, Any], catalog: list[dict[str, Any]] | None = None) -> str:
    """Where a service is, with its version and without a final slash: what auth says, else the catalog, else the region's own host."""
    region = str(auth.get("region") or "KR1")
    if not auth.get(f"{service}_url"):
        _refuse_unknown_region(service, region, catalog or [])
    if service == "rds":
        return _rds_url(auth, region)
    if service == "dns_plus":
        return _dns_plus_url(auth)
    if service == "registry" and not auth.get("registry_url") and region.upper() not in REGISTRY_REGIONS:     # it is in no catalog either
        raise Absent("find", f"the container registry in region {region}", left="Nothing was touched.",
                     then=f"It is in {', '.join(REGISTRY_REGIONS)}.")
    found = auth.get(f"{service}_url") or _from_catalog(CATALOG_TYPES.get(service, ()), region, catalog or []) \
        or HOSTS[service].format(rc=region.lower())
    base = found.rstrip("/")
    if service in ("compute", "volume"):
        tenant = str(auth.get("tenant_id"))
        base = base.removesuffix(f"/{tenant}")
        return f"{base.removesuffix('/v2')}/v2/{tenant}"
    if service == "objects":
        return f"{base.split('/v1', 1)[0]}/v1/AUTH_{auth.get('tenant_id')}"
    return base.removesuffix(VERSIONS[service]) + VERSIONS[service]


def _rds_url(auth: dict[str, Any], region: str) -> str:
    """RDS is in no catalog, and its two versions answer side by side."""
    given = str(auth.get("rds_url") or "").rstrip("/")
    if not given and region.upper() not in RDS_REGIONS:
        raise Absent("find", f"RDS for MySQL in region {region}", left="Nothing was touched.", then=f"It is in {', '.join(RDS_REGIONS)}.")
    for version in RDS_VERSIONS:
        given = given.removesuffix(f"/{version}")
    return f"{given or HOSTS['rds'].format(rc=region.lower())}/{auth.get('rds_version') or RDS_VERSIONS[0]}"


def _dns_plus_url(auth: dict[str, Any]) -> str:
    """DNS Plus is in no catalog and in no region, and its two versions answer side by side."""
    base = str(auth.get("dns_plus_url") or HOSTS["dns_plus"]).rstrip("/")
    for version in DNS_PLUS_VERSIONS:
        base = base.removesuffix(f"/dnsplus/{version}")
    return f"{base}/dnsplus/{auth.get('dns_plus_version') or DNS_PLUS_VERSIONS[0]}"


def _refuse_unknown_region(service: str, region: str, catalog: list[dict[str, Any]]) -> None:
    """Raise Absent when the catalog has the service, but not in this region."""
    there = {str(endpoint.get("region", "")).upper() for entry in catalog if entry.get("type") in CATALOG_TYPES.get(service, ())
             for endpoint in entry.get("endpoints", ())}
    if there and region.upper() not in there:
        raise Absent("find", f"{service} in region {region}", left="Nothing was touched.", then=f"The catalog offers: {', '.join(sorted(there))}.")


def _from_catalog(types: tuple[str, ...], region: str, catalog: list[dict[str, Any]]) -> str | None:
    for wanted in types:
        for entry in catalog:
            if entry.get("type") == wanted:
                for endpoint in entry.get("endpoints", ()):
                    if endpoint.get("region", "").upper() == region.upper():
                        return str(endpoint["publicURL"])
    return None
