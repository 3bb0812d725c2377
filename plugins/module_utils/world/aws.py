# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The standby's addresses, read from AWS by name. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..absent import absent
from ..faults import Answer, Unreachable

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:
    boto3 = botocore = absent("boto3")

GONE = ("terminated", "shutting-down")


def ask(auth: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What `look` returns. auth: region, access_key, secret_key, endpoint_url. Raises Unreachable, NotInstalled."""
    def client(service: str) -> Any:
        return boto3.client(
            service, region_name=auth["region"], aws_access_key_id=auth["access_key"], aws_secret_access_key=auth["secret_key"],
            endpoint_url=auth["endpoint_url"], config=botocore.config.Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 3}),
        )

    try:
        return look(client, names)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise Unreachable("read what exists at", f"AWS {auth['region']}", answer=Answer("AWS", words=str(error)),
                          left="Nothing was touched.") from error


def look(client: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """{host, database, load_balancer, inner_balancer, applications, vpn}: applications a list, the others None where they do not exist yet.

    client: service name -> boto3 client; names: host, database, load_balancer, vpn, and where there are such, inner_balancer and group.
    vpn.configuration is AWS's XML, which holds keys: the caller keeps it out of sight.
    """
    ec2 = client("ec2")
    return {
        "host": _host(ec2, names["host"]),
        "database": _database(client("rds"), names["database"]),
        "load_balancer": _load_balancer(client("elbv2"), names["load_balancer"]),
        "inner_balancer": _load_balancer(client("elbv2"), names["inner_balancer"]) if names.get("inner_balancer") else None,
        "applications": _members(ec2, names["group"]) if names.get("group") else [],
        "vpn": _vpn(ec2, names["vpn"]),
    }


def _by_name(name: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:Name", "Values": [name]}]


def _host(ec2: Any, name: str) -> dict[str, Any] | None:
    reservations = ec2.describe_instances(Filters=_by_name(name))["Reservations"]
    running = [i for r in reservations for i in r["Instances"] if i["State"]["Name"] == "running"]
    if not running:
        return None
    host = running[0]
    return {"id": host["InstanceId"], "private": host.get("PrivateIpAddress"), "public": host.get("PublicIpAddress")}


def _members(ec2: Any, group: str) -> list[str]:
    """Private addresses of an Auto Scaling group's instances that run."""
    reservations = ec2.describe_instances(Filters=[{"Name": "tag:aws:autoscaling:groupName", "Values": [group]},
                                                   {"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
    return sorted(instance["PrivateIpAddress"] for reservation in reservations for instance in reservation["Instances"])


def _database(rds: Any, name: str) -> dict[str, Any] | None:
    try:
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    if not found or found[0]["DBInstanceStatus"] != "available":
        return None
    return {"id": name, "host": found[0]["Endpoint"]["Address"], "port": int(found[0]["Endpoint"]["Port"])}


def _load_balancer(elb: Any, name: str) -> dict[str, Any] | None:
    try:
        found = elb.describe_load_balancers(Names=[name])["LoadBalancers"]
    except elb.exceptions.LoadBalancerNotFoundException:
        return None
    return {"id": found[0]["LoadBalancerArn"], "name": found[0]["DNSName"], "zone": found[0]["CanonicalHostedZoneId"]} if found else None


def _vpn(ec2: Any, name: str) -> dict[str, Any] | None:
    found = [c for c in ec2.describe_vpn_connections(Filters=_by_name(name))["VpnConnections"] if c["State"] not in ("deleted", "deleting")]
    if not found:
        return None
    return {"id": found[0]["VpnConnectionId"], "state": found[0]["State"], "configuration": found[0].get("CustomerGatewayConfiguration", "")}
