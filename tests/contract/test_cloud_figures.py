# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the exporter of cloud figures hears of AWS, of NHN Cloud and of Kubernetes, and that it only reads."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Refused
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.aws import Aws, connecting
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.figures import Figure
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.kubernetes import Door, Kubernetes, told
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.nhn import Nhn
from ansible_collections.multicloud.dr.plugins.modules import cloud_figures_code
from botocore.exceptions import ClientError

from lab import world
from lab.kubernetes.metrics import Counters
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK
from tests.contract.test_kubernetes_api import SCALER, UUID, Lab, deployment, lab

__all__ = ["lab"]
MIB = 1024 * 1024


def seen(figures: list[Figure] | Any) -> dict[tuple[str, ...], float]:
    """{(name without its beginning, label's values…): value}."""
    return {(each.name.removeprefix("multicloud_dr_cloud_"), *(value for _, value in each.labels)): each.value for each in figures}


@pytest.fixture
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        yield cloud


@pytest.fixture
def standby(aws: AwsCloud) -> AwsCloud:
    """With a database, a load balancer over one target, and a group of at most three machines that wants none."""
    subnet, vpc = (aws.network()[each] for each in ("subnet", "vpc"))
    second = aws.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="ap-northeast-2c")["Subnet"]["SubnetId"]
    aws.client("rds").create_db_instance(DBInstanceIdentifier="tickets-db", Engine="mysql", DBInstanceClass="db.t3.medium", AllocatedStorage=20,
                                         MasterUsername="admin", MasterUserPassword="secret-secret")
    elb = aws.client("elbv2")
    [balancer] = elb.create_load_balancer(Name="tickets", Subnets=[subnet, second])["LoadBalancers"]
    [group] = elb.create_target_group(Name="tickets-app", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")["TargetGroups"]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
                        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}])
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.0.21", "Port": 8000}])
    scaling = aws.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="c", ImageId="ami-1", InstanceType="t3.small")
    scaling.create_auto_scaling_group(AutoScalingGroupName="tickets-app", LaunchConfigurationName="c", MinSize=0, MaxSize=3, DesiredCapacity=0,
                                      VPCZoneIdentifier=subnet)
    dimension = balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]
    lately = datetime.now(UTC) - timedelta(minutes=10)
    for space, measure, name, value, number in (
            ("AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "tickets-db", 42.0),
            ("AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", "tickets-db", 7 * 2.0**30),
            ("AWS/ApplicationELB", "RequestCount", "LoadBalancer", dimension, 99.0),
            ("AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "another-db", 1.0)):
        aws.client("cloudwatch").put_metric_data(Namespace=space, MetricData=[
            {"MetricName": measure, "Value": number, "Timestamp": lately, "Dimensions": [{"Name": name, "Value": value}]}])
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/Usage", MetricData=[
        {"MetricName": "ResourceCount", "Value": 12, "Timestamp": lately, "Dimensions": [
            {"Name": name, "Value": value} for name, value in
            (("Service", "EC2"), ("Type", "Resource"), ("Resource", "vCPU"), ("Class", "Standard/OnDemand"))]}])
    aws.take_writes()
    return aws


def reader(aws: AwsCloud, **names: str) -> Aws:
    given = {"database": "tickets-db", "balancer": "tickets", "group": "tickets-app", **names}
    return Aws(given, connecting({"region_name": world.AWS_REGION, "endpoint_url": aws.url, **KEYS}), time.time)


def test_what_aws_knows_of_the_standby(standby: AwsCloud) -> None:
    asks = reader(standby).asks()
    assert seen(asks["rds"]()) == {("database_available",): 0, ("database_size_bytes",): 20 * 2**30}
    standby.lab("PUT", "/_lab/observed", {"databases": {"tickets-db": {"status": "available", "address": "db.lab"}}})
    assert seen(asks["rds"]())[("database_available",)] == 1
    assert seen(asks["elasticloadbalancing"]()) == {("targets", "healthy"): 0, ("targets", "unhealthy"): 0, ("targets", "other"): 1}
    assert seen(asks["autoscaling"]()) == {("group_machines", "serving"): 0, ("group_machines", "wanted"): 0, ("group_machines", "most"): 3}
    assert seen(asks["cloudwatch"]()) == {      # the load balancer was found just now
        ("measure", "database", "CPUUtilization", "Average", "%"): 42, ("measure", "database", "FreeStorageSpace", "Minimum", "bytes"): 7 * 2**30,
        ("measure", "balancer", "RequestCount", "Sum", ""): 99, ("quota", "vcpu", "used"): 12}
    assert seen(asks["servicequotas"]()) == {("quota", "vcpu", "limit"): 64}
    assert standby.take_writes() == []


def test_what_there_is_no_name_of_is_not_asked(aws: AwsCloud) -> None:
    asks = reader(aws, database="", balancer="", group="").asks()
    assert set(asks) == {"cloudwatch", "servicequotas"} and asks["cloudwatch"]() == []


def test_after_a_round_that_failed_everything_is_connected_anew(standby: AwsCloud) -> None:
    made: list[str] = []
    connect = connecting({"region_name": world.AWS_REGION, "endpoint_url": standby.url, **KEYS})
    asks = Aws({"database": "gone"}, lambda service: made.append(service) or connect(service), time.time).asks()  # type: ignore[func-returns-value]
    for _ in range(2):
        with pytest.raises(ClientError):
            asks["rds"]()
    assert made == ["rds", "rds"]


def test_what_nhn_cloud_measures_of_the_primary_in_its_own_words(nhn: NhnCloud) -> None:
    for kind, options in NETWORK + DATABASE:
        nhn.make(kind, **options)
    nhn.take_writes()
    told_of = seen(Nhn(nhn.auth, "database").asks()["rds"]())
    assert told_of[("database_available",)] == 1 and told_of[("measure", "database", "MYSQL_STATUS", "", "")] == 1
    assert {(key[2], key[4]) for key in told_of if key[0] == "measure"} == {
        ("CPU_USAGE", "%"), ("MYSQL_STATUS", ""), ("NETWORK_RECV", "bytes/sec"), ("NETWORK_SENT", "bytes/sec")}
    assert nhn.take_writes() == []
    nhn.unkind("GET /rds/v3.0/db-instances", status=403)
    with pytest.raises(Refused):
        Nhn(nhn.auth, "database").asks()["rds"]()


def kubeconfig(lab: Lab, token: str = "secret") -> dict[str, Any]:
    return {"current-context": "default", "contexts": [{"name": "default", "context": {"cluster": "tickets", "user": "admin"}}],
            "clusters": [{"name": "tickets", "cluster": {"server": f"http://127.0.0.1:{lab.server.port}/clusters/{UUID}"}}],
            "users": [{"name": "admin", "user": {"token": token}}]}


def test_what_kubernetes_knows_of_the_pods_and_of_their_scaler(lab: Lab) -> None:
    lab.cluster.has(["calico", "coredns", "metrics_server"])
    lab.apply(deployment(replicas=2))
    lab.apply(SCALER)
    lab.settle()
    lab.pods_become(ready=True)
    first, second = (pod["metadata"]["uid"] for pod in lab.cluster.store.all("Pod"))
    for when, used in ((1000.0, 5.0), (1015.0, 8.75)):
        lab.cluster.meter.sample(when, {first: Counters(used, 64 * MIB), second: Counters(used, 30 * MIB)})
    lab.settle()
    found = seen(told(Door(kubeconfig(lab)), "default"))
    assert found[("pods", "yes")] == 2 and found[("pods", "no")] == 0
    assert found[("pods_cpu_cores",)] == pytest.approx(0.5) and found[("pods_memory_bytes",)] == 94 * MIB
    assert found[("scaler_replicas", "web", "running")] == 2 and found[("scaler_replicas", "web", "most")] == 4


def test_a_token_that_is_not_taken_any_more_is_fetched_anew(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    doors = [Door(kubeconfig(lab, token)) for token in ("old", "secret")]
    reading = Kubernetes({}, "tickets", "default")
    monkeypatch.setattr(reading, "_fetched", lambda: doors.pop(0))
    ask = reading.asks()["kubernetes"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask()
    ask()
    ask()
    assert doors == []


def daemon_tells(folder: Path, config: dict[str, Any], *wanted: str) -> str:
    """What the daemon tells and says by the time that all of `wanted` is in it. Its package is as the role installs it."""
    host_package.install(str(folder), host_package.sources(cloud_figures_code.PARTS, cloud_figures_code.ABOUT), check=False)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "figures.json").write_text(json.dumps({"port": port, "every_seconds": 0.3, **config}))
    daemon = subprocess.Popen([sys.executable, "-m", "multicloud_dr.monitoring.clouds.exporter", "figures.json"], cwd=folder, stderr=subprocess.PIPE,
                              env={**os.environ, "PYTHONPATH": str(folder)}, text=True)
    told_of, until = "", time.monotonic() + 30
    try:
        while not all(each in told_of for each in wanted) and time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                    told_of = answer.read().decode()
            except OSError:
                time.sleep(0.1)
    finally:
        daemon.terminate()
        _, said = daemon.communicate(timeout=10)
    assert all(each in told_of for each in wanted), told_of + said
    return told_of + said


def test_an_api_that_does_not_know_what_is_asked_for_takes_nothing_from_the_others_and_no_key_is_told(standby: AwsCloud, tmp_path: Path) -> None:
    client = {"region_name": world.AWS_REGION, "endpoint_url": standby.url, **KEYS}
    told_of = daemon_tells(tmp_path, {"aws": {"client": client, "database": "tickets-db", "balancer": "nobody", "group": "tickets-app"}},
                           'answers{api="elasticloadbalancing"} 0', 'answers{api="cloudwatch"} 1', 'quota{of="vcpu",what="limit"} 64',
                           "database_size_bytes 21474836480", 'measure="CPUUtilization"', 'group_machines{what="most"} 3')
    assert "elasticloadbalancing does not answer: LoadBalancerNotFoundException LoadBalancerNotFound\n" in told_of
    assert not any(secret in told_of for secret in KEYS.values())


def test_a_cloud_that_cannot_be_reached_is_one_figure_of_each_api(tmp_path: Path) -> None:
    auth = {"identity_url": "http://127.0.0.1:1", "rds_url": "http://127.0.0.1:1", "tenant_id": "CANARY-1", "username": "CANARY-2",
            "password": "CANARY-3\n", "appkey": "CANARY-4", "access_key_id": "CANARY-5", "access_key_secret": "CANARY-6\n"}
    told_of = daemon_tells(tmp_path, {"nhn": {"auth": auth, "database": "tickets-db", "cluster": "tickets", "namespace": "ticketing"}},
                           'answers{api="rds"} 0', 'answers{api="kubernetes"} 0')
    assert "CANARY" not in told_of and "answered_timestamp" not in told_of
