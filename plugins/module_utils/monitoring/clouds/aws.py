# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS knows of this site: its database, its load balancer, its scaling group, and how much more the account may have. Reads only.

CloudWatch takes money for each measure that is asked for (docs/decisions/0022-seeing.md says how much), so each is asked for once a round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from .figures import Figure, figure

PATIENCE = {"connect_timeout": 5, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
BACK = 1200                         # seconds that are looked back
MINUTE, FIVE = 60, 300              # seconds that a value is over, as often as a service measures
# Of what is measured: (measure, statistic, unit).
DATABASE = (("CPUUtilization", "Average", "%"), ("FreeStorageSpace", "Minimum", "bytes"), ("FreeableMemory", "Minimum", "bytes"),
            ("DatabaseConnections", "Maximum", ""), ("ReplicaLag", "Maximum", "s"))
BALANCER = (("RequestCount", "Sum", ""), ("HTTPCode_Target_5XX_Count", "Sum", ""), ("HTTPCode_ELB_5XX_Count", "Sum", ""),
            ("TargetResponseTime", "p99", "s"))
GROUP = (("CPUUtilization", "Average", "%"),)
# Processors of machines that are no special ones, as AWS counts them for its quota, and that quota.
VCPU = {"Service": "EC2", "Type": "Resource", "Resource": "vCPU", "Class": "Standard/OnDemand"}
VCPU_QUOTA = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
Place = tuple[str, Mapping[str, str], int, Sequence[tuple[str, str, str]]]     # namespace, dimensions, seconds, what is measured


class Aws:
    """names: database, balancer, group, each left out where there is none. connect: (service) -> a boto3 client; now: seconds since the epoch."""

    def __init__(self, names: Mapping[str, str], connect: Callable[[str], Any], now: Callable[[], float]) -> None:
        self.names, self._connect, self._now = {name: value for name, value in names.items() if value}, connect, now
        self._made: dict[str, Any] = {}
        self._balancer = ""                 # as CloudWatch calls it, once it was found
        self._lock = Lock()                 # boto3 makes one client at a time

    def asks(self) -> dict[str, Callable[[], Sequence[Figure]]]:
        """{API: what asks it}."""
        every = {"rds": ("database", self._database), "elasticloadbalancing": ("balancer", self._targets),
                 "autoscaling": ("group", self._machines)}
        return {**{api: self._anew(ask) for api, (name, ask) in every.items() if name in self.names},
                "cloudwatch": self._anew(self._measures), "servicequotas": self._anew(self._quota)}

    def _anew(self, ask: Callable[[], Sequence[Figure]]) -> Callable[[], Sequence[Figure]]:
        """After a round that failed everything is connected anew: a client that found no credentials when it was made never finds any."""
        def asked() -> Sequence[Figure]:
            try:
                return ask()
            except Exception:
                with self._lock:
                    self._made.clear()
                raise

        return asked

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._connect(service)
            return self._made[service]

    def _database(self) -> list[Figure]:
        rds = self._client("rds")
        found = rds.describe_db_instances(DBInstanceIdentifier=self.names["database"])["DBInstances"][0]
        size = found.get("AllocatedStorage")
        return [*figure("multicloud_dr_cloud_database_available", int(found["DBInstanceStatus"] == "available")),
                *figure("multicloud_dr_cloud_database_size_bytes", None if size is None else size * 2**30)]

    def _targets(self) -> list[Figure]:
        elb, counted = self._client("elbv2"), dict.fromkeys(("healthy", "unhealthy", "other"), 0)
        balancer = elb.describe_load_balancers(Names=[self.names["balancer"]])["LoadBalancers"][0]["LoadBalancerArn"]
        self._balancer = balancer.partition(":loadbalancer/")[2]
        for group in elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]:
            for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
                state = target["TargetHealth"]["State"]
                counted[state if state in counted else "other"] += 1
        return [each for state, number in counted.items() for each in figure("multicloud_dr_cloud_targets", number, state=state)]

    def _machines(self) -> list[Figure]:
        found = self._client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[self.names["group"]])
        group = found["AutoScalingGroups"][0]
        serving = sum(each["LifecycleState"] == "InService" and each["HealthStatus"] == "Healthy" for each in group["Instances"])
        counted = {"serving": serving, "wanted": group["DesiredCapacity"], "most": group["MaxSize"]}
        return [each for what, number in counted.items() for each in figure("multicloud_dr_cloud_group_machines", number, what=what)]

    def _quota(self) -> list[Figure]:
        quota = self._client("service-quotas").get_service_quota(**VCPU_QUOTA)["Quota"]["Value"]
        return figure("multicloud_dr_cloud_quota", quota, of="vcpu", what="limit")

    def _measures(self) -> list[Figure]:
        """What is not measured just now has no figure. Of a minute that is not over yet nothing is asked: its sum would be too small."""
        end = self._now() // MINUTE * MINUTE
        wanted = [(of, stat, measure, unit, place) for of, place in self._places().items() for measure, stat, unit in place[3]]
        answer = self._client("cloudwatch").get_metric_data(
            StartTime=end - BACK, EndTime=end, ScanBy="TimestampDescending",
            MetricDataQueries=[{"Id": f"m{at}", "MetricStat": {"Stat": stat, "Period": seconds, "Metric": {
                "Namespace": space, "MetricName": measure, "Dimensions": [{"Name": name, "Value": value} for name, value in where.items()]}}}
                for at, (_of, stat, measure, _unit, (space, where, seconds, _unused)) in enumerate(wanted)])
        newest = {each["Id"]: each["Values"][0] for each in answer["MetricDataResults"] if each["Values"]}
        told = []
        for at, (of, stat, measure, unit, _unused) in enumerate(wanted):
            if of == "vcpu":
                told += figure("multicloud_dr_cloud_quota", newest.get(f"m{at}"), of=of, what="used")
            else:
                told += figure("multicloud_dr_cloud_measure", newest.get(f"m{at}"), of=of, measure=measure, stat=stat, unit=unit)
        return told

    def _places(self) -> dict[str, Place]:
        """{of what: where it is measured}."""
        places: dict[str, Place] = {"vcpu": ("AWS/Usage", VCPU, FIVE, (("ResourceCount", "Maximum", ""),))}
        if "database" in self.names:
            places["database"] = ("AWS/RDS", {"DBInstanceIdentifier": self.names["database"]}, MINUTE, DATABASE)
        if self._balancer:
            places["balancer"] = ("AWS/ApplicationELB", {"LoadBalancer": self._balancer}, MINUTE, BALANCER)
        if "group" in self.names:
            places["group"] = ("AWS/EC2", {"AutoScalingGroupName": self.names["group"]}, FIVE, GROUP)
        return places


def connecting(arguments: Mapping[str, Any]) -> Callable[[str], Any]:
    """arguments: what boto3's clients are given; without keys they use the host's own role."""
    import boto3  # only at a site that is AWS's
    from botocore.config import Config

    given = {name: value for name, value in arguments.items() if value}
    return lambda service: boto3.client(service, config=Config(**PATIENCE), **given)
