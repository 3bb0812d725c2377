# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a service is: what the account says, else the catalog, else the region's own host."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import base_url, require

CATALOG = [
    {"type": "network", "endpoints": [{"region": "KR2", "publicURL": "https://kr2-net"}, {"region": "KR1", "publicURL": "https://kr1-net"}]},
    {"type": "compute", "endpoints": [{"region": "KR1", "publicURL": "https://kr1-comp/v2/tenant"}]},
    {"type": "container-infra", "endpoints": [{"region": "KR1", "publicURL": "https://kr1-nks/v1"}]},
]


@pytest.mark.parametrize(("service", "auth", "url"), [
    ("network", {}, "https://kr1-net/v2.0"),
    ("network", {"region": "kr2"}, "https://kr2-net/v2.0"),
    ("network", {"network_url": "http://lab/network/"}, "http://lab/network/v2.0"),
    ("network", {"network_url": "http://lab/network/v2.0"}, "http://lab/network/v2.0"),
    ("compute", {}, "https://kr1-comp/v2/tenant"),
    ("compute", {"compute_url": "http://lab/compute"}, "http://lab/compute/v2/tenant"),
    ("compute", {"compute_url": "http://lab/compute/v2"}, "http://lab/compute/v2/tenant"),
    ("kubernetes", {}, "https://kr1-nks/v1"),
    ("image", {}, "https://kr1-api-image-infrastructure.nhncloudservice.com/v2"),
    ("rds", {"region": "JP1"}, "https://jp1-rds-mysql.api.nhncloudservice.com/v3.0"),
    ("rds", {"rds_url": "http://lab/rds"}, "http://lab/rds/v3.0"),
    ("dns_plus", {"region": "US1"}, "https://dnsplus.api.nhncloudservice.com/dnsplus/v1.0"),
    ("dns_plus", {"dns_plus_url": "http://lab/dns-plus/dnsplus/v1.0/", "dns_plus_version": "v2.0"}, "http://lab/dns-plus/dnsplus/v2.0"),
])
def test_each_service_is_found_with_its_version(service: str, auth: dict[str, str], url: str) -> None:
    assert base_url(service, {"tenant_id": "tenant", "region": "KR1", **auth}, CATALOG) == url


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        require({"username": "u", "password": ""}, "tenant_id", "username", "password")
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["auth.tenant_id", "auth.password"]


@pytest.mark.parametrize(("wrong", "words"), [
    ({"access_key_secret": "CANARY\n"}, "auth.access_key_secret: holds what no header"), ({"access_key_secret": "CANARY\u2026"}, "no header"),
    ({"rds_url": "http://[bad"}, "auth.rds_url: is no address"), ({"identity_url": "cloud/v2.0"}, "auth.identity_url: is no address"),
    ({"rds_url": "http://cloud:port"}, "auth.rds_url: is no address"), ({"rds_url": "ftp://cloud"}, "auth.rds_url: is no address")])
def test_what_can_be_in_no_request_is_refused_and_not_quoted(wrong: dict[str, str], words: str) -> None:
    good = {"appkey": "k", "access_key_id": "i", "access_key_secret": "s", "rds_url": "http://cloud:1/rds", "identity_url": "https://id/v2.0"}
    require(good, "appkey", "access_key_id", "access_key_secret")
    with pytest.raises(BadInput, match=words) as caught:
        require({**good, **wrong}, "appkey", "access_key_id", "access_key_secret")
    assert "CANARY" not in str(caught.value)
