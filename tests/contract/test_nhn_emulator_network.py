# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network service of the emulator: the shapes the documentation shows, and the refusals it promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.nhn.store import PUBLIC_NETWORK

from .nhn_emulator_client import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.store.close()


def test_a_vpc_is_answered_in_three_shapes(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    cloud.subnet(vpc)
    assert set(vpc) == {"name", "tenant_id", "state", "create_time", "cidrv4", "shared", "id"}
    assert " " in vpc["create_time"] and "T" not in vpc["create_time"]
    listed = cloud.net("GET", "/vpcs?name=main")["vpcs"]
    assert [set(one) for one in listed] == [set(vpc) | {"router:external"}]
    full = cloud.net("GET", f"/vpcs/{vpc['id']}")["vpc"]
    assert set(full) == set(listed[0]) | {"routingtables", "subnets"}
    assert [table["name"] for table in full["routingtables"]] == ["vpc-" + "-".join(vpc["id"].split("-")[:2])]
    assert cloud.net("GET", "/vpcs?router:external=true")["vpcs"][0]["id"] == PUBLIC_NETWORK


@pytest.mark.parametrize("cidr", ["8.8.0.0/16", "10.0.0.0/28", "192.168.1.5/16", "192.0.0.0/8", "fd00::/64", "nonsense", 7])
def test_a_vpc_outside_the_private_ranges_is_refused(cloud: Cloud, cidr: Any) -> None:
    refused = cloud.net("POST", "/vpcs", {"vpc": {"name": "x", "cidrv4": cidr}})
    assert refused.status == 400 and set(refused["NeutronError"]) == {"type", "message", "detail"}


@pytest.mark.parametrize("body", [{}, {"vpc": {"name": "x"}}, {"name": "x", "cidrv4": "10.0.0.0/8"},
                                  {"vpc": {"name": "x", "cidrv4": "10.0.0.0/8", "cidr": "10.0.0.0/8"}}, {"vpc": []}])
def test_missing_unknown_and_unwrapped_fields_are_refused(cloud: Cloud, body: Any) -> None:
    assert cloud.net("POST", "/vpcs", body).status == 400
    assert cloud.world()["vpcs"] == []


def test_the_fourth_vpc_is_over_quota(cloud: Cloud) -> None:
    assert [cloud.net("POST", "/vpcs", {"vpc": {"name": f"v{n}", "cidrv4": "10.0.0.0/16"}}).status for n in range(4)] == [201, 201, 201, 409]


def test_a_subnet_is_answered_without_its_table_on_creation_only(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet = cloud.subnet(vpc)
    assert set(subnet) == {"name", "tenant_id", "id", "state", "create_time", "vpc_id", "shared", "cidr", "gateway"}
    assert subnet["gateway"] == "192.168.0.1"
    full = cloud.net("GET", f"/vpcsubnets/{subnet['id']}")["vpcsubnet"]
    assert set(full) == set(subnet) | {"available_ip_count", "router:external", "enable_dhcp", "vpc", "routingtable", "routes"}
    assert set(full["vpc"]) == {"id", "name", "cidrv4", "state", "shared"}
    assert set(full["routingtable"]) == {"id", "name", "default_table", "explicit"} and not full["routingtable"]["explicit"]
    assert cloud.net("GET", f"/vpcsubnets?vpc_id={vpc['id']}")["vpcsubnets"] == [full]


@pytest.mark.parametrize("cidr", ["192.168.0.0/29", "10.0.0.0/24", "192.168.0.128/25", "192.168.0.0/16", "192.168.1.1/24"])
def test_subnets_outside_overlapping_or_too_small_are_refused(cloud: Cloud, cidr: str) -> None:
    vpc = cloud.vpc()
    cloud.subnet(vpc)
    assert cloud.net("POST", "/vpcsubnets", {"vpcsubnet": {"vpc_id": vpc["id"], "cidr": cidr, "name": "x"}}).status == 400


def test_tables_are_attached_bare_and_followed_explicitly(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet, table = cloud.subnet(vpc), cloud.table(vpc)
    path = f"/vpcsubnets/{subnet['id']}/attach_routingtable"
    assert cloud.net("PUT", path, {"vpcsubnet": {"routingtable_id": table["id"]}}).status == 400
    attached = cloud.net("PUT", path, {"routingtable_id": table["id"]})["vpcsubnet"]
    assert (attached["routingtable"]["id"], attached["routingtable"]["explicit"]) == (table["id"], True)
    assert cloud.net("DELETE", f"/routingtables/{table['id']}").status == 409
    back = cloud.net("PUT", f"/vpcsubnets/{subnet['id']}/detach_routingtable")["vpcsubnet"]["routingtable"]
    assert back["default_table"] and not back["explicit"]
    assert cloud.net("DELETE", f"/routingtables/{table['id']}").status == 204


def test_a_table_lists_objects_but_reads_ids(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet = cloud.subnet(vpc)
    assert set(cloud.table(vpc)) == {"default_table", "name", "tenant_id", "distributed", "state", "create_time", "id"}
    default = cloud.default_table()
    assert "vpcs" not in default and "subnets" not in default and "gateway_id" not in default
    detailed = cloud.net("GET", f"/routingtables?detail=true&id={default['id']}")["routingtables"][0]
    assert (detailed["vpcs"], detailed["subnets"]) == ([{"id": vpc["id"], "name": "main"}], [{"id": subnet["id"], "name": "edge"}])
    full = cloud.net("GET", f"/routingtables/{default['id']}")["routingtable"]
    assert (full["vpcs"], full["subnets"], full["activated"]) == ([vpc["id"]], [subnet["id"]], True)
    assert [(route["cidr"], route["gateway"], route["hidden"]) for route in full["routes"]] == [("192.168.0.0/16", "local", False)]
    assert "description" not in full["routes"][0]
    assert cloud.net("DELETE", f"/routingtables/{default['id']}").status == 409


def test_another_default_table_is_followed_by_subnets_without_their_own(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet, table = cloud.subnet(vpc), cloud.table(vpc)
    assert cloud.net("PUT", f"/routingtables/{table['id']}/set_as_default")["routingtable"]["default_table"]
    assert cloud.net("GET", f"/vpcsubnets/{subnet['id']}")["vpcsubnet"]["routingtable"]["id"] == table["id"]
    assert [one["id"] for one in cloud.net("GET", "/routingtables?default_table=true")["routingtables"]] == [table["id"]]


def test_the_default_table_goes_with_its_vpc_and_not_before(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    default, other = cloud.default_table(), cloud.table(vpc)
    assert cloud.net("DELETE", f"/routingtables/{default['id']}").status == 409
    assert cloud.net("PUT", f"/routingtables/{other['id']}/set_as_default").status == 200
    assert cloud.net("DELETE", f"/routingtables/{default['id']}").status == 204
    assert cloud.net("DELETE", f"/vpcs/{vpc['id']}").status == 204 and cloud.net("GET", "/routingtables")["routingtables"] == []


def test_a_gateway_comes_with_its_route_and_stays_while_a_floating_ip_needs_it(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    port, table = cloud.port(cloud.subnet(vpc)), cloud.default_table()
    made = cloud.net("POST", "/internetgateways", {"internetgateway": {"name": "out", "external_network_id": PUBLIC_NETWORK}})["internetgateway"]
    assert made["state"] == "unavailable" and "routingtable_id" not in made
    path = f"/routingtables/{table['id']}"
    full = cloud.net("PUT", f"{path}/attach_gateway", {"gateway_id": made["id"]})["routingtable"]
    assert (full["gateway_id"], full["gateway_name"]) == (made["id"], "out")
    assert [route["gateway_id"] for route in full["routes"] if route["cidr"] == "0.0.0.0/0"] == [made["id"]]
    assert cloud.net("GET", f"/internetgateways/{made['id']}")["internetgateway"]["state"] == "available"
    assert cloud.net("PUT", f"{path}/attach_gateway", {"gateway_id": made["id"]}).status == 409
    assert cloud.net("DELETE", f"/internetgateways/{made['id']}").status == 409
    floating = cloud.floating_ip(port_id=port["id"])
    assert cloud.net("PUT", f"{path}/detach_gateway").status == 409
    cloud.net("PUT", f"/floatingips/{floating['id']}", {"floatingip": {"port_id": None}})
    bare = cloud.net("PUT", f"{path}/detach_gateway")["routingtable"]
    assert "gateway_id" not in bare and [route["gateway"] for route in bare["routes"]] == ["local"]
    assert cloud.net("DELETE", f"/internetgateways/{made['id']}").status == 204


def test_routes_lead_to_somebody_and_not_in_a_circle(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    edge, app, table = cloud.subnet(vpc), cloud.subnet(vpc, "192.168.10.0/24", "app"), cloud.table(vpc)
    cloud.net("PUT", f"/vpcsubnets/{edge['id']}/attach_routingtable", {"routingtable_id": table["id"]})
    cloud.port(edge, address="192.168.0.10")
    default = cloud.default_table()

    def ask(into: Any, gateway: str = "192.168.0.10", cidr: str = "10.0.0.0/16") -> Any:
        return cloud.net("POST", "/routes", {"route": {"routingtable_id": into["id"], "cidr": cidr, "gateway": gateway, "description": ""}})

    assert ask(default, "192.168.10.99").status == 400          # nobody there
    assert ask(table).status == 400                             # the forwarding instance's own table
    assert ask(default, cidr="10.0.0.1/16").status == 400
    route = ask(default)["route"]
    assert set(route) == {"id", "routingtable_id", "tenant_id", "cidr", "mask", "gateway", "description"} and route["mask"] == 16
    assert ask(default).status == 409
    assert cloud.net("PUT", f"/routes/{route['id']}", {"route": {"cidr": "10.1.0.0/16"}})["route"]["cidr"] == "10.1.0.0/16"
    local = next(one for one in cloud.net("GET", f"/routes?routingtable_id={default['id']}")["routes"] if one["gateway"] == "local")
    assert [cloud.net("DELETE", f"/routes/{one['id']}").status for one in (local, route)] == [409, 204]
    assert app["id"] in cloud.net("GET", f"/routingtables/{default['id']}")["routingtable"]["subnets"]


def test_a_floating_ip_needs_a_gateway_and_shows_its_binding_late(cloud: Cloud) -> None:
    port, floating = cloud.port(cloud.subnet(cloud.vpc())), cloud.floating_ip(label="edge")
    assert set(floating) == {"id", "floating_network_id", "floating_ip_address", "fixed_ip_address", "port_id", "router_id", "tenant_id",
                             "status", "delete_protection", "label"}
    assert (floating["floating_ip_address"], floating["status"]) == ("198.51.100.100", "DOWN")
    path, bind = f"/floatingips/{floating['id']}", {"floatingip": {"port_id": port["id"]}}
    refused = cloud.net("PUT", path, bind)
    assert refused.status == 400 and "is not reachable from subnet" in refused["NeutronError"]["message"]
    cloud.gateway(cloud.default_table())
    assert cloud.net("PUT", path, bind)["floatingip"]["status"] == "DOWN"
    assert [cloud.net("GET", path)["floatingip"]["status"] for _ in range(3)] == ["DOWN", "ACTIVE", "ACTIVE"]
    assert cloud.net("PUT", f"/floatingips/{cloud.floating_ip()['id']}", bind).status == 409
    cloud.net("PUT", path, {"floatingip": {"delete_protection": True}})
    assert cloud.net("DELETE", path).status == 409


def test_children_keep_their_parents(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet = cloud.subnet(vpc)
    port = cloud.port(subnet)
    assert [cloud.net("DELETE", path).status for path in (f"/vpcs/{vpc['id']}", f"/vpcsubnets/{subnet['id']}")] == [409, 409]
    order = (f"/ports/{port['id']}", f"/vpcsubnets/{subnet['id']}", f"/vpcs/{vpc['id']}", f"/vpcs/{vpc['id']}")
    assert [cloud.net("DELETE", path).status for path in order] == [204, 204, 204, 404]
    assert cloud.net("GET", "/routingtables")["routingtables"] == []


def test_a_port_gets_the_address_asked_for_or_none(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    port = cloud.port(subnet, address="192.168.0.10")
    assert set(port) == {"id", "name", "status", "admin_state_up", "network_id", "tenant_id", "mac_address", "fixed_ips", "device_owner",
                         "device_id", "port_security_enabled", "security_groups", "allowed_address_pairs", "extra_dhcp_opts",
                         "binding:vnic_type"}

    def ask(address: str) -> int:
        fixed = [{"subnet_id": subnet["id"], "ip_address": address}]
        return cloud.net("POST", "/ports", {"port": {"network_id": subnet["vpc_id"], "fixed_ips": fixed}}).status

    assert [ask(address) for address in ("192.168.0.10", "192.168.0.1", "192.168.1.5", "nowhere")] == [409, 409, 400, 400]
    assert [one["id"] for one in cloud.net("GET", "/ports?fixed_ips=ip_address=192.168.0.10")["ports"]] == [port["id"]]
    assert cloud.net("PUT", f"/ports/{port['id']}", {"port": {"device_id": "x"}}).status == 500


def test_port_security_goes_off_with_the_second_request_only(cloud: Cloud) -> None:
    port = cloud.port(cloud.subnet(cloud.vpc()))
    path = f"/ports/{port['id']}"
    assert cloud.net("PUT", path, {"port": {"security_groups": [], "allowed_address_pairs": [], "port_security_enabled": False}}).status == 409
    assert cloud.net("PUT", path, {"port": {"security_groups": [], "allowed_address_pairs": []}}).status == 200
    assert cloud.net("PUT", path, {"port": {"port_security_enabled": False}})["port"]["port_security_enabled"] is False
    assert cloud.net("PUT", path, {"port": {"allowed_address_pairs": [{"ip_address": "10.0.0.0/16"}]}}).status == 409


def test_security_groups_hold_each_rule_once(cloud: Cloud) -> None:
    group = cloud.net("POST", "/security-groups", {"security_group": {"name": "web"}})["security_group"]
    assert {(rule["direction"], rule["ethertype"]) for rule in group["security_group_rules"]} == {("egress", "IPv4"), ("egress", "IPv6")}
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp", "port_range_min": "80", "port_range_max": "80",
            "remote_ip_prefix": "0.0.0.0/0"}

    def ask(**other: Any) -> Any:
        return cloud.net("POST", "/security-group-rules", {"security_group_rule": {**rule, **other}})

    made = ask()
    assert made.status == 201 and made["security_group_rule"]["port_range_min"] == 80
    twin = ask(ethertype="IPv4", description="another text does not make another rule")
    assert (twin.status, twin["NeutronError"]["type"]) == (409, "SecurityGroupRuleExists")
    wrong: list[dict[str, Any]] = [{"ethertype": "IPv6"}, {"protocol": None}, {"port_range_max": 79}, {"direction": "in"}, {"protocol": "tcq"},
                                   {"remote_ip_prefix": "nonsense"}, {"port_range_min": 70000}, {"remote_group_id": group["id"]}]
    assert [ask(**fields).status for fields in wrong] == [400] * len(wrong)
    assert cloud.net("PUT", f"/security-group-rules/{made['security_group_rule']['id']}", {}).status == 405


def test_groups_in_use_and_the_default_group_stay(cloud: Cloud) -> None:
    port = cloud.port(cloud.subnet(cloud.vpc()))
    default = cloud.net("GET", "/security-groups?name=default")["security_groups"][0]
    assert port["security_groups"] == [default["id"]] and len(default["security_group_rules"]) == 4
    web = cloud.net("POST", "/security-groups", {"security_group": {"name": "web"}})["security_group"]
    cloud.net("PUT", f"/ports/{port['id']}", {"port": {"security_groups": [web["id"]]}})
    assert [cloud.net("DELETE", f"/security-groups/{group['id']}").status for group in (default, web)] == [409, 409]
    assert [one["id"] for one in cloud.net("GET", f"/security-group-ports?security_group_id={web['id']}")["security_group_ports"]] == [port["id"]]


def test_networks_and_subnets_are_lists_only(cloud: Cloud) -> None:
    vpc = cloud.vpc()
    subnet = cloud.subnet(vpc)
    assert cloud.net("GET", "/networks?name=main")["networks"][0]["subnets"] == [subnet["id"]]
    assert cloud.net("GET", "/networks?router:external=True")["networks"][0]["mtu"] == 0
    assert cloud.net("GET", f"/subnets?network_id={vpc['id']}")["subnets"][0]["gateway_ip"] == "192.168.0.1"
    assert [cloud.net("POST", path, {}).status for path in ("/networks", "/subnets")] == [405, 405]


def test_load_balancers_have_a_quota_and_listeners_their_ranges(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc(), "192.168.10.0/24", "app")
    made = [cloud.net("POST", "/lbaas/loadbalancers", {"loadbalancer": {"vip_subnet_id": subnet["id"]}}) for _ in range(11)]
    assert [reply.status for reply in made] == [201] * 10 + [409]
    cloud.net("GET", "/lbaas/loadbalancers")
    cloud.net("GET", "/lbaas/loadbalancers")
    listener = {"protocol": "TCP", "protocol_port": 80, "loadbalancer_id": made[0]["loadbalancer"]["id"]}
    for wrong in ({"protocol_port": 70000}, {"keepalive_timeout": 4000}):
        assert cloud.net("POST", "/lbaas/listeners", {"listener": {**listener, **wrong}}).status == 400
    assert cloud.net("POST", "/lbaas/listeners", {"listener": listener}).status == 201
