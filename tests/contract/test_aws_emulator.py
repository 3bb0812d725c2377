# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's AWS through boto3: slow where AWS is slow, and complete where this project needs it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws_cloud import AwsCloud


@pytest.fixture
def aws():
    with AwsCloud() as cloud:
        yield cloud


def launch(aws, subnet, address="10.0.0.10", public=True):
    nic = {"DeviceIndex": 0, "SubnetId": subnet, "PrivateIpAddress": address, "AssociatePublicIpAddress": public}
    made = aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData="#!/bin/bash\n:", NetworkInterfaces=[nic])
    return made["Instances"][0]["InstanceId"]


def instance(aws, identity):
    return aws.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]


def test_an_instance_is_pending_until_its_host_was_seen_to_run(aws):
    made = launch(aws, aws.network()["subnet"])
    assert instance(aws, made)["State"] == {"Code": 0, "Name": "pending"}
    aws.lab("PUT", "/_lab/observed", {"instances": {made: "running"}})
    seen = instance(aws, made)
    assert (seen["State"]["Name"], seen["PrivateIpAddress"], seen["PublicIpAddress"]) == ("running", "10.0.0.10", "198.51.100.150")
    assert aws.lab("GET", "/_lab/secrets")["user_data"] == {made: "#!/bin/bash\n:"}


def test_public_addresses_are_given_once_and_given_again_when_free(aws):
    subnet = aws.network()["subnet"]
    first = launch(aws, subnet)
    assert aws.client("ec2").allocate_address(Domain="vpc")["PublicIp"] == "198.51.100.151"
    assert "PublicIpAddress" not in instance(aws, launch(aws, subnet, "10.0.0.11", public=False))
    aws.client("ec2").terminate_instances(InstanceIds=[first])
    assert instance(aws, launch(aws, subnet, "10.0.0.12"))["PublicIpAddress"] == "198.51.100.150"


def test_an_elastic_ip_replaces_a_lent_address_and_outlives_its_instance(aws):
    ec2, made = aws.client("ec2"), launch(aws, aws.network()["subnet"])
    mine = ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "host"}]}])
    assert ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["elastic-ip"]}])["Tags"][0]["ResourceId"] == mine["AllocationId"]
    ec2.associate_address(InstanceId=made, AllocationId=mine["AllocationId"])
    assert instance(aws, made)["PublicIpAddress"] == mine["PublicIp"]
    ec2.terminate_instances(InstanceIds=[made])
    [address] = ec2.describe_addresses()["Addresses"]
    assert (address["PublicIp"], address.get("AssociationId")) == (mine["PublicIp"], None)


def test_a_route_table_learns_the_routes_of_the_vpn_connection(aws):
    ec2, found = aws.client("ec2"), aws.network()
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.100", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
    made = ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=found["gateway"], Options={"StaticRoutesOnly": True})["VpnConnection"]
    table = ec2.create_route_table(VpcId=found["vpc"])["RouteTable"]["RouteTableId"]
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=found["gateway"])

    def learned():
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [(route["DestinationCidrBlock"], route["GatewayId"]) for route in routes if route["Origin"] == "EnableVgwRoutePropagation"]

    assert learned() == []
    ec2.create_vpn_connection_route(VpnConnectionId=made["VpnConnectionId"], DestinationCidrBlock="192.168.0.0/16")
    assert learned() == [("192.168.0.0/16", found["gateway"])]
    ec2.delete_vpn_connection_route(VpnConnectionId=made["VpnConnectionId"], DestinationCidrBlock="192.168.0.0/16")
    assert learned() == []
    ec2.create_vpn_connection_route(VpnConnectionId=made["VpnConnectionId"], DestinationCidrBlock="192.168.0.0/16")
    ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=found["gateway"])
    assert learned() == []


def test_tunnels_are_down_until_seen_up_and_their_addresses_are_free_again_when_gone(aws):
    ec2, found = aws.client("ec2"), aws.network()
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.100", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]

    def connect():
        return ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=found["gateway"])["VpnConnection"]

    def statuses():
        telemetry = ec2.describe_vpn_connections(VpnConnectionIds=[made])["VpnConnections"][0]["VgwTelemetry"]
        return {tunnel["OutsideIpAddress"]: tunnel["Status"] for tunnel in telemetry}

    made = connect()["VpnConnectionId"]
    assert statuses() == {"198.51.100.200": "DOWN", "198.51.100.201": "DOWN"}
    aws.lab("PUT", "/_lab/observed", {"vpn_telemetry": {made: [{"outside_ip": "198.51.100.201", "status": "UP"}]}})
    assert statuses() == {"198.51.100.200": "DOWN", "198.51.100.201": "UP"}
    assert connect()["Options"]["TunnelOptions"][0]["OutsideIpAddress"] == "198.51.100.202"
    ec2.delete_vpn_connection(VpnConnectionId=made)
    assert connect()["Options"]["TunnelOptions"][0]["OutsideIpAddress"] == "198.51.100.200"


def test_a_database_is_creating_without_endpoint_until_it_was_seen_to_answer(aws):
    rds = aws.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="tickets-db", DBInstanceClass="db.t3.micro", Engine="mysql", EngineVersion="8.4.5",
                           AllocatedStorage=20, StorageType="gp3", MasterUsername="admin", MasterUserPassword="CANARY-db-1")

    def look():
        return rds.describe_db_instances(DBInstanceIdentifier="tickets-db")["DBInstances"][0]

    assert look()["DBInstanceStatus"] == "creating" and "Endpoint" not in look()
    assert aws.lab("GET", "/_lab/secrets")["databases"] == {"tickets-db": {"user": "admin", "password": "CANARY-db-1"}}
    aws.lab("PUT", "/_lab/observed", {"databases": {"tickets-db": {"status": "available", "address": "tickets-db.c1.rds.amazonaws.com"}}})
    assert (look()["DBInstanceStatus"], look()["Endpoint"]["Address"], look()["Endpoint"]["Port"], look()["StorageThroughput"]) == (
        "available", "tickets-db.c1.rds.amazonaws.com", 3306, 125)


def test_a_parameter_group_that_does_not_exist_is_not_found(aws):
    with pytest.raises(ClientError, match="DBParameterGroupNotFound"):
        aws.client("rds").describe_db_parameter_groups(DBParameterGroupName="none")


def test_a_target_is_initial_until_the_load_balancer_has_looked(aws):
    elb, found = aws.client("elbv2"), aws.network()
    group = elb.create_target_group(Name="tickets", Protocol="HTTP", Port=80, VpcId=found["vpc"], TargetType="ip")["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.10", "Port": 80}])

    def health():
        return elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["TargetHealth"]["State"]

    assert health() == "initial"
    aws.lab("PUT", "/_lab/observed", {"target_health": {arn: {"10.0.0.10": "healthy"}}})
    assert health() == "healthy"


def test_anybody_reads_the_marker_and_nobody_else_reads_more(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tickets-latch", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    s3.put_bucket_policy(Bucket="tickets-latch", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tickets-latch/taken-over"}]}))
    s3.put_object(Bucket="tickets-latch", Key="private", Body=b"x")

    def read(key):
        try:
            with urllib.request.urlopen(f"{aws.url}/tickets-latch/{key}") as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    assert read("taken-over") in (403, 404)         # either is unhealthy to the check, which is inverted
    s3.put_object(Bucket="tickets-latch", Key="taken-over", Body=b"aws")
    assert (read("taken-over"), read("private")) == (200, 403)
    aws.faults.write_text(json.dumps({"aws_control_plane": {}}))
    assert read("taken-over") == 200                # the data plane goes on
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        aws.client("ec2").describe_vpcs()


def test_the_revision_moves_with_every_write_and_the_journal_tells_which(aws):
    before = aws.lab("GET", "/_lab/revision")
    aws.client("ec2").describe_vpcs()
    assert aws.lab("GET", "/_lab/revision") == before and aws.take_writes() == []
    aws.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
    assert aws.lab("GET", "/_lab/revision") != before and aws.take_writes() == ["ec2:CreateVpc"]


def test_a_health_check_that_nobody_has_looked_at_has_no_observations(aws):
    route53, aws.checkers = aws.client("route53"), 0
    made = route53.create_health_check(CallerReference="tests", HealthCheckConfig={"Type": "TCP", "IPAddress": "198.51.100.9", "Port": 22})
    assert route53.get_health_check_status(HealthCheckId=made["HealthCheck"]["Id"])["HealthCheckObservations"] == []
