# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an account at AWS holds: every kind of thing that a role of this collection makes, and what comes along with one.

`python -m tests.contract.aws_inventory` prints that of the lab's account, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3

from lab import world
from lab.secrets import aws_keys

GONE = ("deleted", "deleting", "terminated", "shutting-down")


def inventory(client: Callable[[str], Any]) -> dict[str, list[str]]:
    """{kind: sorted ids}; kinds with nothing in them are left out. client: service name -> boto3 client."""
    found = {**_network(client("ec2")), **_machines(client("ec2")), **_databases(client("rds")), **_balancers(client("elbv2")),
             **_names(client("route53")), **_people(client("iam")), **_applications(client),
             "buckets": [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]}
    return {kind: sorted(ids) for kind, ids in found.items() if ids}


def _network(ec2: Any) -> dict[str, list[str]]:
    kinds = {"vpcs": ("Vpcs", "VpcId"), "subnets": ("Subnets", "SubnetId"), "route_tables": ("RouteTables", "RouteTableId"),
             "internet_gateways": ("InternetGateways", "InternetGatewayId"), "vpn_gateways": ("VpnGateways", "VpnGatewayId"),
             "customer_gateways": ("CustomerGateways", "CustomerGatewayId"), "vpn_connections": ("VpnConnections", "VpnConnectionId"),
             "nat_gateways": ("NatGateways", "NatGatewayId"), "vpc_endpoints": ("VpcEndpoints", "VpcEndpointId"),
             "addresses": ("Addresses", "AllocationId"), "security_groups": ("SecurityGroups", "GroupId"),
             "network_interfaces": ("NetworkInterfaces", "NetworkInterfaceId")}
    return {kind: [thing[name] for thing in getattr(ec2, f"describe_{kind}")()[key] if thing.get("State") not in GONE]
            for kind, (key, name) in kinds.items()}


def _machines(ec2: Any) -> dict[str, list[str]]:
    instances = [instance for reservation in ec2.describe_instances()["Reservations"] for instance in reservation["Instances"]]
    return {"instances": [instance["InstanceId"] for instance in instances if instance["State"]["Name"] not in GONE],
            "volumes": [volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]],
            "key_pairs": [pair["KeyName"] for pair in ec2.describe_key_pairs()["KeyPairs"]],
            "launch_templates": [template["LaunchTemplateId"] for template in ec2.describe_launch_templates()["LaunchTemplates"]]}


def _databases(rds: Any) -> dict[str, list[str]]:
    return {"databases": [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]],
            "database_subnet_groups": [each["DBSubnetGroupName"] for each in rds.describe_db_subnet_groups()["DBSubnetGroups"]],
            "database_parameter_groups": [each["DBParameterGroupName"] for each in rds.describe_db_parameter_groups()["DBParameterGroups"]],
            "database_snapshots": [each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]]}


def _balancers(elb: Any) -> dict[str, list[str]]:
    return {"load_balancers": [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]],
            "target_groups": [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]]}


def _applications(client: Callable[[str], Any]) -> dict[str, list[str]]:
    scaling = client("autoscaling")
    return {"scaling_groups": [each["AutoScalingGroupName"] for each in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]],
            "scaling_policies": [each["PolicyARN"] for each in scaling.describe_policies()["ScalingPolicies"]],
            "repositories": [each["repositoryArn"] for each in client("ecr").describe_repositories()["repositories"]],
            "web_acls": [each["ARN"] for each in client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]],
            "ip_sets": [each["ARN"] for each in client("wafv2").list_ip_sets(Scope="REGIONAL")["IPSets"]],
            "log_groups": [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]],
            "parameters": [each["Name"] for each in client("ssm").describe_parameters()["Parameters"]],
            "certificates": [each["CertificateArn"] for each in client("acm").list_certificates()["CertificateSummaryList"]]}


def _names(route53: Any) -> dict[str, list[str]]:
    return {"zones": [each["Id"] for each in route53.list_hosted_zones()["HostedZones"]],
            "health_checks": [each["Id"] for each in route53.list_health_checks()["HealthChecks"]]}


def _people(iam: Any) -> dict[str, list[str]]:
    return {"users": [each["UserName"] for each in iam.list_users()["Users"]], "roles": [each["RoleName"] for each in iam.list_roles()["Roles"]],
            "instance_profiles": [each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]],
            "policies": [each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]]}


if __name__ == "__main__":
    print(json.dumps(inventory(lambda service: boto3.client(service, region_name=world.AWS_REGION, endpoint_url=world.AWS_URL, **aws_keys()))))
