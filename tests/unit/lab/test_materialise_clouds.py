# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each cloud holds becomes specs: addresses, translation, routes, and nothing from things that are not there yet."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from lab.materialise import aws_cloud, loop, nhn_cloud, vpn_configuration
from lab.materialise.specs import Database, Host, Listener, LoadBalancer, Nat, Network, Route, Router, Spec, Target, Vgw, names

VPC = "11111111-2222-4333-8444-555555555555"
SERVER = "aaaaaaaa-0000-4000-8000-000000000000"

NHN: dict[str, Any] = {
    "vpcs": [{"id": VPC, "name": "tickets-vpc", "cidrv4": "192.168.0.0/16", "create_time": "2026-01-01 00:00:00"}],
    "subnets": [{"id": "edge", "vpc_id": VPC, "cidr": "192.168.0.0/24"}, {"id": "app", "vpc_id": VPC, "cidr": "192.168.10.0/24"}],
    "routing_tables": [
        {"id": "main", "vpc_id": VPC, "default_table": True, "gateway_id": "igw",
         "routes": [{"cidr": "192.168.0.0/16", "gateway": "local"}, {"cidr": "0.0.0.0/0", "gateway": "192.168.0.1", "gateway_id": "igw"}]},
        {"id": "app", "vpc_id": VPC, "default_table": False, "gateway_id": None,
         "routes": [{"cidr": "192.168.0.0/16", "gateway": "local"}, {"cidr": "10.0.0.0/16", "gateway": "192.168.0.10"}]}],
    "internet_gateways": [{"id": "igw"}],
    "ports": [{"id": "port-1", "network_id": VPC, "device_id": SERVER, "port_security_enabled": True, "security_groups": ["group"],
               "fixed_ips": [{"subnet_id": "edge", "ip_address": "192.168.0.10"}], "allowed_address_pairs": [{"ip_address": "10.0.0.0/16"}]}],
    "security_groups": [],
    "floating_ips": [{"id": "f", "floating_ip_address": "198.51.100.100", "fixed_ip_address": "192.168.0.10", "port_id": "port-1"},
                     {"id": "g", "floating_ip_address": "198.51.100.101", "fixed_ip_address": None, "port_id": None}],
    "keypairs": [{"name": "ops", "public_key": "ssh-ed25519 AAAA ops"}],
    "servers": [{"id": SERVER, "name": "Tickets Management", "status": "BUILD", "key_name": "ops", "user_data": "#!/bin/sh\n",
                 "login_username": "debian", "ports": ["port-1"], "fixed_ips": [{"subnet_id": "edge", "ip_address": "192.168.0.10"}]}],
    "rds_instances": [{"id": "db-1", "name": "tickets-db", "port": 3306, "subnet_id": "app", "address": "192.168.10.50",
                       "domain": "tickets-db.rds.example", "security_groups": [], "admin_user": "admin", "admin_password": "CANARY-1",
                       "parameters": {"binlog_format": "ROW"}, "schemas": [{"id": "s", "name": "tickets"}],
                       "users": [{"id": "u", "name": "app", "password": "CANARY-2", "host": "%", "authority": "CRUD"}]}],
    "clusters": [],
}

XML = """<?xml version="1.0" encoding="UTF-8"?>
<vpn_connection id="vpn-1">{tunnels}</vpn_connection>"""
TUNNEL = """<ipsec_tunnel>
  <customer_gateway><tunnel_outside_address><ip_address>198.51.100.100</ip_address></tunnel_outside_address>
    <tunnel_inside_address><ip_address>169.254.1{n}.2</ip_address></tunnel_inside_address></customer_gateway>
  <vpn_gateway><tunnel_outside_address><ip_address>198.51.100.20{n}</ip_address></tunnel_outside_address>
    <tunnel_inside_address><ip_address>169.254.1{n}.1</ip_address></tunnel_inside_address></vpn_gateway>
  <ike><lifetime>28800</lifetime><pre_shared_key>CANARY-psk-{n}</pre_shared_key></ike>
  <ipsec><lifetime>3600</lifetime><dead_peer_detection><interval>10</interval><retries>3</retries></dead_peer_detection></ipsec>
</ipsec_tunnel>"""
CONFIGURATION = XML.format(tunnels=TUNNEL.format(n=0) + TUNNEL.format(n=1))

AWS: dict[str, Any] = {
    "vpcs": [{"VpcId": "vpc-default00", "CidrBlock": "172.31.0.0/16", "IsDefault": True},
             {"VpcId": "vpc-0123456789", "CidrBlock": "10.0.0.0/16", "IsDefault": False}],
    "subnets": [{"SubnetId": "subnet-b", "CidrBlock": "10.0.11.0/24", "VpcId": "vpc-0123456789"},
                {"SubnetId": "subnet-a", "CidrBlock": "10.0.10.0/24", "VpcId": "vpc-0123456789"}],
    "nat_gateways": [],
    "route_tables": [
        {"VpcId": "vpc-0123456789", "Associations": [{"Main": True}], "PropagatingVgws": [{"GatewayId": "vgw-9876543210"}],
         "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                    {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}],
    "internet_gateways": [{"Attachments": [{"VpcId": "vpc-0123456789"}]}],
    "addresses": [{"PublicIp": "198.51.100.151", "PrivateIpAddress": "10.0.0.10"}],
    "instances": [
        {"InstanceId": "i-0a0b0c0d0e", "VpcId": "vpc-0123456789", "PrivateIpAddress": "10.0.0.10", "PublicIpAddress": "198.51.100.150",
         "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-host"}]}], "State": {"Name": "running"},
         "Placement": {"AvailabilityZone": "ap-northeast-2a"},
         "KeyName": "ops", "Tags": [{"Key": "Name", "Value": "tickets-standby"}]},
        {"InstanceId": "i-0f0f0f0f0f", "VpcId": "vpc-0123456789", "PrivateIpAddress": "10.0.0.21", "State": {"Name": "pending"},
         "Placement": {"AvailabilityZone": "ap-northeast-2c"},
         "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-app"}]}]},
        {"InstanceId": "i-gone", "VpcId": "vpc-0123456789", "State": {"Name": "terminated"}}],
    "security_groups": [{"GroupId": group, "IpPermissions": [], "IpPermissionsEgress": []}
                        for group in ("sg-host", "sg-app", "sg-db", "sg-balancer")],
    "vpn_gateways": [{"VpnGatewayId": "vgw-9876543210", "VpcAttachments": [{"VpcId": "vpc-0123456789", "State": "attached"}]}],
    "vpn_connections": [{"VpnConnectionId": "vpn-1", "VpnGatewayId": "vgw-9876543210", "State": "available",
                         "CustomerGatewayConfiguration": CONFIGURATION, "Options": {"TunnelOptions": []},
                         "Routes": [{"DestinationCidrBlock": "192.168.0.0/16", "State": "available"}]}],
    "databases": [{"DBInstanceIdentifier": "tickets-db", "DBInstanceStatus": "creating", "MasterUsername": "admin", "DbInstancePort": 3306,
                   "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db", "Status": "active"}],
                   "DBSubnetGroup": {"VpcId": "vpc-0123456789",
                                     "Subnets": [{"SubnetIdentifier": "subnet-b"}, {"SubnetIdentifier": "subnet-a"}]}}],
    "parameters": {"tickets-db": {"gtid_mode": "OFF"}},
    "load_balancers": [{"LoadBalancerArn": "arn:lb/app/tickets/1", "LoadBalancerName": "tickets", "VpcId": "vpc-0123456789",
                        "Type": "application", "SecurityGroups": ["sg-balancer"], "DNSName": "Tickets-1.elb.amazonaws.com"}],
    "listeners": {"arn:lb/app/tickets/1": [{"Port": 80, "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}]}]},
    "target_groups": [{"TargetGroupArn": "arn:tg", "TargetGroupName": "edge", "Port": 80, "TargetType": "instance",
                       "HealthCheckPath": "/edgez", "HealthCheckPort": "traffic-port", "Matcher": {"HttpCode": "200"},
                       "HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2,
                       "UnhealthyThresholdCount": 2}],
    "web_acls": [], "ip_sets": {},
    "targets": {"arn:tg": [{"Id": "i-0a0b0c0d0e", "Port": 80}, {"Id": "i-gone", "Port": 80}]},
    "secrets": {"databases": {"tickets-db": {"user": "admin", "password": "CANARY-3"}}, "keypairs": {"ops": "ssh-ed25519 AAAA ops"},
                "user_data": {"i-0a0b0c0d0e": "#!/bin/sh\n"}, "certificates": {"arn:cert": "CANARY-pem"},
                "roles": {"i-0f0f0f0f0f": {"role": "tickets-app", "access_key": "ASIA1", "secret_key": "CANARY-4", "token": "CANARY-5"}}},
}


def only(specs: dict[str, Spec], kind: type) -> Any:
    found = [spec for spec in specs.values() if isinstance(spec, kind)]
    assert len(found) == 1, found
    return found[0]


def test_nhn_network_keeps_its_last_address_for_this_machine() -> None:
    network = only(nhn_cloud.desired(NHN), Network)
    assert (network.name, network.cidr, network.machine_address) == ("lab-nhn-11111111", "192.168.0.0/16", "192.168.255.254")


def test_nhn_router_translates_bound_floating_ips_and_knows_static_routes_only() -> None:
    router = only(nhn_cloud.desired(NHN), Router)
    assert (router.address, router.internet_address, router.open) == ("192.168.0.1", "198.51.100.20", True)
    assert router.nat == (Nat("198.51.100.100", "192.168.0.10"),)
    assert router.routes == (Route("10.0.0.0/16", "192.168.0.10"),)


def test_nhn_without_an_internet_gateway_is_closed() -> None:
    closed = copy.deepcopy(NHN)
    closed["routing_tables"][0]["gateway_id"] = None
    router = only(nhn_cloud.desired(closed), Router)
    assert not router.open and router.nat == ()


def test_nhn_server_becomes_a_host() -> None:
    host = only(nhn_cloud.desired(NHN), Host)
    assert (host.name, host.hostname, host.user) == ("lab-nhn-host-aaaaaaaa", "tickets-management", "debian")
    assert (host.address, host.gateway, host.public) == ("192.168.0.10", "192.168.0.1", ("198.51.100.100",))
    assert host.public_key == "ssh-ed25519 AAAA ops"


def test_nhn_database_and_its_name() -> None:
    specs = nhn_cloud.desired(NHN)
    database = only(specs, Database)
    assert (database.address, database.gateway, database.users[0].authority) == ("192.168.10.50", "192.168.0.1", "CRUD")
    assert names(specs, "nhn") == {"tickets-db.rds.example": "192.168.10.50"}
    assert names(specs, "aws") == {}


def test_secrets_are_not_in_a_spec_s_words() -> None:
    assert "CANARY" not in repr(nhn_cloud.desired(NHN)) + repr(aws_cloud.desired(AWS, {}))


def test_aws_default_vpc_and_terminated_instances_stay_unreal() -> None:
    specs = aws_cloud.desired(AWS, {})
    assert only(specs, Network).name == "lab-aws-01234567"
    assert [spec.name for spec in specs.values() if isinstance(spec, Host)] == ["lab-aws-host-0a0b0c0d", "lab-aws-host-0f0f0f0f"]


def test_aws_elastic_address_replaces_the_launch_address() -> None:
    assert only(aws_cloud.desired(AWS, {}), Router).nat == (Nat("198.51.100.151", "10.0.0.10"),)


def test_aws_propagated_routes_lead_to_the_gateway() -> None:
    assert only(aws_cloud.desired(AWS, {}), Router).routes == (Route("192.168.0.0/16", "10.0.255.250"),)


def test_aws_explicit_route_to_a_gateway_needs_no_propagation() -> None:
    world = copy.deepcopy(AWS)
    world["route_tables"][0]["PropagatingVgws"] = []
    assert only(aws_cloud.desired(world, {}), Router).routes == ()
    world["route_tables"][0]["Routes"].append({"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-9876543210", "State": "active"})
    assert only(aws_cloud.desired(world, {}), Router).routes == (Route("192.168.0.0/16", "10.0.255.250"),)


def test_aws_gateway_has_both_tunnels_and_the_static_routes() -> None:
    gateway = only(aws_cloud.desired(AWS, {}), Vgw)
    assert (gateway.local, gateway.remote, gateway.address) == ("10.0.0.0/16", ("192.168.0.0/16",), "10.0.255.250")
    assert [tunnel.outside for tunnel in gateway.tunnels] == ["198.51.100.200", "198.51.100.201"]
    assert [tunnel.psk for tunnel in gateway.tunnels] == ["CANARY-psk-0", "CANARY-psk-1"]


def test_aws_detached_gateway_is_nothing_yet() -> None:
    world = copy.deepcopy(AWS)
    world["vpn_gateways"][0]["VpcAttachments"] = []
    assert not [spec for spec in aws_cloud.desired(world, {}).values() if isinstance(spec, Vgw)]


def test_aws_database_address_is_the_lowest_of_its_lowest_subnet_and_stays() -> None:
    assert only(aws_cloud.desired(AWS, {}), Database).address == "10.0.10.50"
    assert only(aws_cloud.desired(AWS, {"lab-aws-db-tickets-db": "10.0.10.77"}), Database).address == "10.0.10.77"
    assert only(aws_cloud.desired(AWS, {"something-else": "10.0.10.50"}), Database).address == "10.0.10.51"


def test_aws_load_balancer_sends_to_targets_that_exist() -> None:
    specs = aws_cloud.desired(AWS, {})
    balancer = only(specs, LoadBalancer)
    assert (balancer.internet_address, balancer.address) == ("198.51.100.220", "10.0.255.200")
    assert balancer.listeners == (Listener(80, "edge"),)
    assert balancer.groups[0].targets == (Target("i-0a0b0c0d0e", "10.0.0.10", 80),)
    assert names(specs, "aws")["tickets-1.elb.amazonaws.com"] == "198.51.100.220"


def test_aws_internal_load_balancer_has_no_public_address_and_its_name_leads_inside() -> None:
    world = copy.deepcopy(AWS)
    world["load_balancers"][0]["Scheme"] = "internal"
    specs = aws_cloud.desired(world, {})
    balancer = only(specs, LoadBalancer)
    assert (balancer.internet_address, balancer.address) == ("", "10.0.255.200")
    assert names(specs, "aws")["tickets-1.elb.amazonaws.com"] == "10.0.255.200"


def test_aws_listeners_end_tls_and_send_elsewhere() -> None:
    world = copy.deepcopy(AWS)
    world["listeners"]["arn:lb/app/tickets/1"] = [
        {"Port": 443, "Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn:cert"}],
         "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}]},
        {"Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "RedirectConfig": {
            "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]},
        {"Port": 8443, "Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn:gone"}],
         "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}]}]
    balancer = only(aws_cloud.desired(world, {}), LoadBalancer)
    assert balancer.listeners == (Listener(80, "", "https 443 HTTP_301"), Listener(443, "edge", "", "CANARY-pem"))
    assert [group.name for group in balancer.groups] == ["edge"]


def test_aws_instances_are_told_about_themselves() -> None:
    hosts = {spec.resource: json.loads(spec.metadata) for spec in aws_cloud.desired(AWS, {}).values() if isinstance(spec, Host)}
    assert hosts["i-0a0b0c0d0e"] == {"role": None, "meta-data": {
        "instance-id": "i-0a0b0c0d0e", "local-ipv4": "10.0.0.10", "placement/availability-zone": "ap-northeast-2a",
        "placement/region": "ap-northeast-2"}}
    assert hosts["i-0f0f0f0f0f"]["role"]["role"] == "tickets-app"


def test_tunnel_options_narrow_the_proposals() -> None:
    free = vpn_configuration.tunnels("vpn-1", CONFIGURATION)[0]
    assert "aes256gcm16-prfsha1" in free.ike_proposals.replace("aes128gcm16-", "") and "modp1024" in free.esp_proposals
    options = [{"OutsideIpAddress": "198.51.100.200", "Phase1EncryptionAlgorithms": [{"Value": "AES256"}], "DpdTimeoutSeconds": 60,
                "Phase1IntegrityAlgorithms": [{"Value": "SHA2-256"}], "Phase1DHGroupNumbers": [{"Value": 14}]}]
    narrow, other = vpn_configuration.tunnels("vpn-1", CONFIGURATION, options)
    assert (narrow.ike_proposals, narrow.dpd_timeout) == ("aes256-sha256-modp2048", 60)
    assert (other.ike_proposals, other.dpd_timeout) == (free.ike_proposals, 30)


def test_esp_is_offered_without_a_group_as_well_and_ike_never() -> None:
    options = [{"OutsideIpAddress": "198.51.100.200", **{f"Phase{phase}{name}": [{"Value": value}] for phase in (1, 2) for name, value in (
        ("EncryptionAlgorithms", "AES256"), ("IntegrityAlgorithms", "SHA2-256"), ("DHGroupNumbers", 14))}}]
    narrow, _ = vpn_configuration.tunnels("vpn-1", CONFIGURATION, options)
    assert (narrow.ike_proposals, narrow.esp_proposals) == ("aes256-sha256-modp2048", "aes256-sha256-modp2048,aes256-sha256")


@pytest.mark.parametrize("cut", ["<pre_shared_key>CANARY-psk-1</pre_shared_key>", "<interval>10</interval>"])
def test_a_configuration_that_lacks_something_names_it(cut: str) -> None:
    with pytest.raises(vpn_configuration.BadConfiguration, match=r"vpn-1: ipsec_tunnel\[\d\]/\S+ is missing"):
        vpn_configuration.tunnels("vpn-1", CONFIGURATION.replace(cut, ""))


def test_a_site_that_makes_no_sense_counts_as_not_looked_at() -> None:
    broken = copy.deepcopy(AWS)
    broken["vpn_connections"][0]["CustomerGatewayConfiguration"] = "not XML"
    specs, understood = loop.desired({"nhn": NHN, "aws": broken}, {})
    assert understood == {"nhn"} and all(spec.site == "nhn" for spec in specs.values())


def test_a_stopped_instance_keeps_its_host() -> None:
    world = copy.deepcopy(AWS)
    world["instances"][0]["State"]["Name"] = "stopped"
    assert [spec.powered for spec in aws_cloud.desired(world, {}).values() if isinstance(spec, Host)] == [False, True]


def test_a_subnet_of_aws_goes_out_by_its_own_table_or_not_at_all() -> None:
    world = copy.deepcopy(AWS)
    world["nat_gateways"] = [{"NatGatewayId": "nat-1", "VpcId": "vpc-0123456789", "State": "available",
                              "NatGatewayAddresses": [{"PublicIp": "198.51.100.160"}]}]
    world["route_tables"].append({"VpcId": "vpc-0123456789", "Associations": [{"Main": False, "SubnetId": "subnet-a"}],
                                  "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}]})
    router = only(aws_cloud.desired(world, {}), Router)
    assert (router.shared, router.shut) == ((Nat("198.51.100.160", "10.0.10.0/24"),), ())     # the other one has the main table, and its way
    world["nat_gateways"][0]["State"] = "deleted"
    router = only(aws_cloud.desired(world, {}), Router)
    assert (router.shared, router.shut) == ((), ("10.0.10.0/24",))
    world["route_tables"][1]["Routes"] = []
    assert only(aws_cloud.desired(world, {}), Router).shut == ("10.0.10.0/24",)
