# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan that cannot work is refused with every fault and its path; the lab's own plan has none."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.topology import topology_faults
from ansible_collections.multicloud.dr.plugins.module_utils.shape import Unset

LAB = yaml.safe_load((Path(__file__).parents[3] / "inventories/lab/group_vars/all/topology.yml").read_text())


def plan(**changes: Any) -> dict[str, Any]:
    """The lab's plan with changes given as dotted paths."""
    made = copy.deepcopy(LAB)
    made["nhn_auth"] = {"region": "KR1", "tenant_id": "0123", "object_tenant_id": "4567", "username": "ops@example.com",
                        "password": "the api password", "appkey": "the appkey", "access_key_id": "id", "access_key_secret": "its secret"}
    made["aws_auth"] = {"region": "ap-northeast-2", "access_key": "AKIA", "secret_key": "the secret key"}
    made["database_passwords"] = {account: f"{account}'s password" for account in ("app", "dr_agent", "dr_repl", "dr_sync")}
    made |= {"vault_db_admin_password": "the admin's", "vault_app_session_key": "s" * 32, "vault_db_backup_key": "AGE-SECRET-KEY-1X"}
    made["aws_vpn_tunnels"] = [{"psk": "first.key_1", "inside_cidr": "169.254.11.0/30"}, {"psk": "second.key_2", "inside_cidr": "169.254.12.0/30"}]
    made |= {"asked_tags": ["vpn_gateway"], "skipped_tags": ["molecule-notest", "notest", "molecule-idempotence-notest"],
             "topology_tags": ["vpn_gateway", "site_edge"]}
    made |= {"operators_cidr": "198.51.100.0/24", "nhn_host_subnet": "edge", "nhn_database_subnet": "app", "nhn_kubernetes_subnet": "app",
             "nhn_network_routing_tables": [{"name": "tickets-edge", "default": True, "internet_gateway": "edge"},
                                            {"name": "tickets-app", "subnets": ["app"]}],
             "nhn_network_internet_gateways": ["edge", "app"],
             "nhn_host_routes": [{"routing_table": "tickets-app", "cidr": "10.0.0.0/16"}],
             "aws_host_subnet": "public-a", "aws_web_subnets": ["public-a", "public-b"], "aws_database_subnets": ["private-a", "private-b"],
             "aws_web_app_subnets": ["private-a", "private-b"]}
    for path, value in changes.items():
        *steps, last = path.split("__")
        at: Any = made
        for step in steps:
            at = at[int(step) if step.isdigit() else step]
        at[int(last) if last.isdigit() else last] = value
    return made


def test_the_labs_plan_can_work():
    assert topology_faults(plan()) == []


@pytest.mark.parametrize(("changes", "path"), [
    ({"topology_name": "Tickets!"}, "topology_name:"),
    ({"topology_domain": "shop.example.com"}, "topology_domain:"),
    ({"topology_standby": "nhn"}, "topology_primary, topology_standby:"),
    ({"topology_sites__aws__cidr": "192.168.0.0/16"}, "topology_sites.nhn.cidr, topology_sites.aws.cidr:"),
    ({"topology_sites__aws__cidr": "192.168.128.0/17"}, "topology_sites.nhn.cidr, topology_sites.aws.cidr:"),
    ({"aws_auth__region": "us-east-9"}, "aws_auth.region: 'us-east-9' is not topology_sites.aws.region"),
    ({"nhn_auth__region": "KR2"}, "nhn_auth.region: 'KR2' is not topology_sites.nhn.region"),
    ({"aws_waf_countries": ["KR", "Korea"]}, "aws_waf_countries[1]: Korea is not a country's two letters"),
    ({"aws_waf_countries": "KR"}, "aws_waf_countries: must be a list"),
    ({"aws_waf_rate_limit": "many"}, "aws_waf_rate_limit: many is not between"),
    ({"aws_waf_rule_groups": [{"name": "Mine"}]}, "aws_waf_rule_groups[0].capacity: how many units Mine takes"),
    ({"nhn_auth": {}}, "nhn_auth.region: is missing"),
    ({"nhn_auth": None}, "nhn_auth.appkey: is missing"),
    ({"aws_auth": {}}, "aws_auth.region: is missing"),
    ({"database_passwords": {"app": "one", "dr_agent": "two", "dr_repl": "three"}}, "database_passwords.dr_sync: is missing"),
    ({"vault_db_admin_password": ""}, "vault_db_admin_password: is empty"),
    ({"vault_app_session_key": None}, "vault_app_session_key: is empty"),
    ({"vault_db_backup_key": Unset("'__vault' is undefined")}, "vault_db_backup_key: '__vault' is undefined"),
    ({"nhn_host_subnet": "app", "topology_sites__nhn__host_address": "192.168.10.10"},
     "nhn_host_routes[0].routing_table: 'tickets-app' is the table"),
    ({"nhn_host_routes__0__routing_table": "tickets-edge"}, "nhn_host_routes[0].routing_table: 'tickets-edge' is the table of the host's own"),
    ({"nhn_host_routes__0__routing_table": "none"}, "nhn_host_routes[0].routing_table: 'none' is not a name"),
    ({"nhn_network_routing_tables__0__subnets": ["app"]}, "nhn_network_routing_tables[1].subnets[0]: 'app' is already in table tickets-edge"),
    ({"aws_web_app_subnets": ["private-a", "public-a"]}, "aws_web_app_subnets: all lie in one zone"),
    ({"aws_web_app_subnets": []}, "aws_web_app_subnets: there are none"),
    ({"aws_database_subnets": []}, "aws_database_subnets: there are none"),
    ({"aws_web_subnets": None}, "aws_web_subnets: there are none"),
    ({"nhn_auth__object_tenant_id": " "}, "nhn_auth.object_tenant_id: is empty"),
    ({"nhn_network_routing_tables__0__default": "yes"}, "nhn_network_routing_tables[0].default: 'yes' must be true or false"),
    ({"nhn_network_routing_tables__0__default": False}, "nhn_network_routing_tables: exactly one is the default, got 0"),
    ({"nhn_network_routing_tables__1__default": True}, "nhn_network_routing_tables: exactly one is the default, got 2"),
    ({"nhn_network_routing_tables__1__name": "tickets-edge"}, "nhn_network_routing_tables[1].name: 'tickets-edge' must be a name of its own"),
    ({"nhn_network_routing_tables__1__internet_gateway": "edge"}, "nhn_network_routing_tables[1].internet_gateway: 'edge' already serves"),
    ({"nhn_network_routing_tables__1__internet_gateway": "x"}, "nhn_network_routing_tables[1].internet_gateway: 'x' is not in"),
    ({"nhn_host_routes__0__cidr": "banana"}, "nhn_host_routes[0].cidr: 'banana'"),
    ({"vault_db_backup_key": "banana"}, "vault_db_backup_key: is not an age identity"),
    ({"vault_app_session_key": "short"}, "vault_app_session_key: needs 32 characters"),
    ({"vault_db_admin_password": ["a", "list"]}, "vault_db_admin_password: is not a text"),
    ({"topology_timing__dns_ttl": 99999999999}, "topology_timing.dns_ttl: 99999999999 s"),
    ({"aws_vpn_tunnels__0__psk": 12345678}, "aws_vpn_tunnels[0].psk:"),
    ({"topology_sites__gcp": {}}, "topology_sites.gcp: not known"),
    ({"topology_sites__nhn__cidr": "8.8.0.0/16"}, "topology_sites.nhn.cidr: 8.8.0.0/16 is not private"),
    ({"topology_sites__aws__cidr": "10.0.0.0/8"}, "topology_sites.aws.cidr:"),
    ({"topology_sites__nhn__cidr": "not a range"}, "topology_sites.nhn.cidr:"),
    ({"topology_sites__nhn__region": "KR3"}, "topology_sites.nhn.region:"),
    ({"topology_sites__aws__region": "ap-northeast"}, "topology_sites.aws.region:"),
    ({"topology_sites__aws__subnets__1__zone": "us-east-1a"}, "topology_sites.aws.subnets[1].zone:"),
    ({"topology_sites__aws__subnets__1__cidr": "10.0.0.128/25"}, "topology_sites.aws.subnets[1].cidr: 10.0.0.128/25 overlaps subnet public-a"),
    ({"topology_sites__nhn__subnets__0__cidr": "172.16.0.0/24"}, "topology_sites.nhn.subnets[0].cidr:"),
    ({"topology_sites__nhn__subnets": []}, "topology_sites.nhn.subnets: is empty"),
    ({"topology_sites__nhn__host_address": "192.168.0.2"}, "topology_sites.nhn.host_address:"),
    ({"topology_sites__nhn__app_addresses": ["192.168.10.200", "10.9.9.9"]}, "topology_sites.nhn.app_addresses[1]:"),
    ({"aws_vpn_tunnels__1__psk": ""}, "aws_vpn_tunnels[1].psk: is missing"),
    ({"aws_vpn_tunnels__1__psk": "first.key_1"}, "aws_vpn_tunnels: both tunnels have the same psk"),
    ({"aws_vpn_tunnels__0__psk": "0short"}, "aws_vpn_tunnels[0].psk:"),
    ({"aws_vpn_tunnels__1__inside_cidr": "169.254.11.0/30"}, "aws_vpn_tunnels[1].inside_cidr: 169.254.11.0/30 is already used"),
    ({"aws_vpn_tunnels__0__inside_cidr": "169.254.169.252/30"}, "aws_vpn_tunnels[0].inside_cidr:"),
    ({"aws_vpn_tunnels": []}, "aws_vpn_tunnels: exactly two"),
    ({"topology_sites__nhn__app_addresses__0": "192.168.0.10"},
     "topology_sites.nhn.app_addresses[0]: 192.168.0.10 is already used by host_address"),
    ({"topology_sites__nhn__app_addresses": ["192.168.10.200", "192.168.10.200"]},
     "topology_sites.nhn.app_addresses[1]: 192.168.10.200 is already used by app_addresses[0]"),
    ({"topology_sites__nhn__app_addresses": []}, "topology_sites.nhn.app_addresses: at least 1 is needed, got 0"),
    ({"topology_sites__nhn__app_addresses__0": "192.168.10.255"}, "topology_sites.nhn.app_addresses[0]: 192.168.10.255 lies in no subnet, or"),
    ({"topology_sites__nhn__app_addresses__0": "192.168.10.1"}, "topology_sites.nhn.app_addresses[0]: 192.168.10.1 lies in no subnet, or"),
    ({"topology_sites__nhn__subnets__1__name": "edge"}, "topology_sites.nhn.subnets[1].name: 'edge' is already used by subnets[0]"),
    ({"topology_sites__aws__subnets__2__name": "public-a"}, "topology_sites.aws.subnets[2].name: 'public-a' is already used by subnets[0]"),
    ({"topology_sites__nhn__subnets__0": {"cidr": "192.168.0.0/24"}}, "topology_sites.nhn.subnets[0].name: None is not a name"),
    ({"topology_sites__nhn__subnets__0__name": 7}, "topology_sites.nhn.subnets[0].name: 7 is not a name"),
    ({"topology_sites__aws__subnets__0__public": "maybe"}, "topology_sites.aws.subnets[0].public: 'maybe' must be true or false"),
    ({"topology_sites__aws__subnets__0__public": "yes"}, "topology_sites.aws.subnets[0].public: 'yes' must be true or false"),
    ({"topology_sites__aws__subnets__0": {"name": "x", "cidr": "10.0.0.0/24", "zone": "ap-northeast-2a"}},
     "topology_sites.aws.subnets[0].public: None must be true or false"),
    ({"topology_sites__aws__subnets__1__zone": "ap-northeast-2a"}, "topology_sites.aws.subnets: public ones must lie in two zones at least"),
    ({"topology_sites__aws__subnets__3__zone": "ap-northeast-2a"}, "aws_database_subnets: all lie in one zone"),
    ({"topology_sites__aws__subnets__3__cidr": "10.0.11.0/29"}, "topology_sites.aws.subnets[3].cidr: 10.0.11.0/29 must be /28 or bigger"),
    ({"topology_sites__nhn__subnets__1__cidr": "192.168.10.0/255.255.255.0"}, "topology_sites.nhn.subnets[1].cidr: '192.168.10.0/255.255.255.0'"),
    ({"topology_sites__nhn__subnets__1__cidr": "192.168.10.7/24"}, "topology_sites.nhn.subnets[1].cidr: '192.168.10.7/24' is not"),
    ({"topology_sites__nhn__zone": "kr2-pub-a"}, "topology_sites.nhn.zone: 'kr2-pub-a' is not a zone of 'KR1' (kr-pub-a, kr-pub-b)"),
    ({"operators_cidr": "banana"}, "operators_cidr: 'banana' is not an IPv4 range"),
    ({"operators_cidr": "198.51.100.7"}, "operators_cidr: '198.51.100.7' is not an IPv4 range"),
    ({"nhn_host_subnet": "edg"}, "nhn_host_subnet: 'edg' is not a name in topology_sites.nhn.subnets"),
    ({"nhn_network_routing_tables__1__subnets": ["ap"]}, "nhn_network_routing_tables[1].subnets[0]: 'ap' is not a name in topology_sites.nhn"),
    ({"aws_database_subnets": ["private-a", "x"]}, "aws_database_subnets[1]: 'x' is not a name in topology_sites.aws.subnets"),
    ({"aws_web_app_subnets__1": "private-c"}, "aws_web_app_subnets[1]: 'private-c' is not a name in topology_sites.aws.subnets"),
    ({"topology_sites__aws__host_address": "10.0.1.10"}, "topology_sites.aws.host_address: 10.0.1.10 does not lie in subnet public-a (10.0.0.0/24)"),
    ({"topology_sites__nhn__host_address": "192.168.10.9"}, "topology_sites.nhn.host_address: 192.168.10.9 does not lie in subnet edge (192.168"),
    ({"topology_domain": "two..dots.lab.test"}, "topology_domain: 'two..dots.lab.test' is not a domain name"),
    ({"topology_zone": "lab test", "topology_domain": "x.lab test"}, "topology_zone: 'lab test' is not a domain name"),
    ({"topology_timing__dns_ttl": 2.5}, "topology_timing.dns_ttl: 2.5 must be a whole number"),
    ({"topology_timing__check_threshold": 1.5}, "topology_timing.check_threshold: 1.5 must be a whole number"),
    ({"topology_timing__beat": float("nan")}, "topology_timing.beat: nan is not a positive number of seconds"),
    ({"topology_timing__ttl": float("inf")}, "topology_timing.ttl: inf is not a positive number of seconds"),
    ({"topology_timing__renew": 5}, "topology_timing.renew:"),
    ({"topology_timing__check_interval": 15}, "topology_timing.check_interval:"),
    ({"topology_timing__ttl": "10"}, "topology_timing.ttl:"),
    ({"topology_timing__beat": 3}, "topology_timing.beat: 3 s must not exceed timing.renew"),
    ({"topology_sites__aws__region": "us-west-9"}, "topology_sites.aws.region: 'us-west-9' is not an AWS region"),
    ({"aws_vpn_tunnels": ["a", "b"]}, "aws_vpn_tunnels[0], aws_vpn_tunnels[1]: must be a mapping, not a text"),
    ({"aws_vpn_tunnels": "two"}, "aws_vpn_tunnels: must be a list, not a text"),
    ({"topology_sites": [1]}, "topology_sites: must be a mapping, not a list"),
    ({"topology_sites__nhn": 4}, "topology_sites.nhn: must be a mapping, not a number"),
    ({"topology_sites__aws__subnets": 5}, "topology_sites.aws.subnets: must be a list, not a number"),
    ({"topology_sites__aws__subnets__1": True}, "topology_sites.aws.subnets[1]: must be a mapping, not a truth value"),
    ({"topology_sites__nhn__app_addresses": {}}, "topology_sites.nhn.app_addresses: must be a list, not a mapping"),
    ({"topology_timing": "fast"}, "topology_timing: must be a mapping, not a text"),
    ({"topology_primary": ["nhn"]}, "topology_primary, topology_standby:"),
    ({"nhn_auth__password": ""}, "nhn_auth.password: is empty"),
    ({"database_passwords__app": None}, "database_passwords.app: is empty"),
    ({"asked_tags": ["x", "vpn_gatway", "x"]}, "--tags vpn_gatway, x: not known"),
    ({"asked_tags": ["vpn_gatway"]}, "--tags vpn_gatway: not known; there are:"),
    ({"skipped_tags": ["site_egde"]}, "--skip-tags site_egde: not known; there are:"),
])
def test_each_fault_is_named_with_its_path(changes, path):
    found = topology_faults(plan(**changes))
    assert [fault for fault in found if fault.startswith(path)], found


def test_all_faults_at_once_and_no_key_in_any_of_them():
    found = topology_faults(plan(
        topology_sites__aws__region="mars", topology_sites__nhn__region="moon", aws_vpn_tunnels__0__psk="0bad-key!", asked_tags=["x"]))
    assert len([f for f in found if not f.startswith("topology_sites.aws.subnets")]) == 6
    assert "bad-key" not in " ".join(found)


def test_faults_that_only_a_cloud_used_to_find_are_told_all_at_once():
    found = topology_faults(plan(
        topology_sites__nhn__app_addresses__0="192.168.0.10", aws_web_app_subnets=["private-a"],
        topology_sites__nhn__subnets__1__name="edge", topology_sites__aws__subnets__0__public="maybe", operators_cidr="banana"))
    paths = [said.partition(": ")[0] for said in found]
    for path in ("topology_sites.nhn.app_addresses[0]", "aws_web_app_subnets", "topology_sites.nhn.subnets[1].name",
                 "topology_sites.aws.subnets[0].public", "operators_cidr"):
        assert path in paths, found


def test_a_reason_that_many_values_share_is_told_once_with_every_path():
    gone = Unset("The lab is not up.")
    found = topology_faults(plan(
        nhn_auth__password=gone, aws_vpn_tunnels__0__psk=gone, aws_vpn_tunnels__1__psk=gone, aws_auth=Unset("'x' is undefined")))
    assert found == ["nhn_auth.password, aws_vpn_tunnels[0].psk, aws_vpn_tunnels[1].psk: The lab is not up.", "aws_auth: 'x' is undefined"], found


def test_empty_plan_is_refused_not_crashed_on():
    assert len(topology_faults({})) >= 6


def test_a_value_that_cannot_be_had_is_named_once_and_hides_nothing():
    undefined = Unset("'vault_vpn_psk_a' is undefined")
    found = topology_faults(plan(aws_vpn_tunnels__0__psk=undefined, topology_sites__nhn__subnets__0=Unset("'edge' is undefined"),
                                 topology_zone=Unset("'zone' is undefined"), aws_auth__secret_key=undefined, topology_sites__aws__region="mars-1"))
    assert sorted(said for said in found if "undefined" in said) == [
        "aws_auth.secret_key, aws_vpn_tunnels[0].psk: 'vault_vpn_psk_a' is undefined",
        "topology_sites.nhn.subnets[0]: 'edge' is undefined", "topology_zone: 'zone' is undefined"]
    assert not [said for said in found if said.startswith(("aws_vpn_tunnels[0].psk: is missing", "aws_auth.secret_key: is empty"))]
    assert any(said.startswith("topology_sites.aws.region: 'mars-1'") for said in found)


@pytest.mark.parametrize("path", [
    *(f"topology_sites__{site}__{name}" for site in ("nhn", "aws") for name in ("cidr", "region", "zone", "host_address")),
    *(f"topology_sites__aws__subnets__1__{name}" for name in ("name", "cidr", "zone", "public")), "aws_web_app_subnets__1",
    "topology_sites__nhn__app_addresses", "nhn_network_routing_tables__1__subnets", "aws_database_subnets__0"])
@pytest.mark.parametrize("value", [None, 5, 1.5, "text", "", [], [5], [None], {}, {"a": 1}, True, Unset("'x' is undefined")])
def test_no_value_of_any_part_is_crashed_on_and_none_passes(path, value):
    found = topology_faults(plan(**{path: value}))
    assert all(": " in said for said in found)
    assert found or path.endswith(("aws__zone", "tables__1__subnets", "name", "public")), found


@pytest.mark.parametrize("name", [name for name in plan() if not name.endswith("_tags")])
@pytest.mark.parametrize("value", [None, 5, "text", [], [5], {}, {"a": 1}, True, Unset("'x' is undefined")])
def test_no_value_of_any_variable_is_crashed_on(name, value):
    assert all(": " in said for said in topology_faults(plan(**{name: value})))
