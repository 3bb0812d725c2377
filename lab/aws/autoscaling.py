# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling groups that look after their instances; moto starts them all in one subnet, from the template's default version, and leaves them.

What the Amazon EC2 Auto Scaling User Guide says: instances lie evenly over the group's zones ("Rebalancing activities"), are started from the
version of the template that the group names ("Launch templates"), get requests once they run ("Attach an Elastic Load Balancing load balancer"),
and one whose target group calls it unhealthy after the grace period is replaced where the group's health check is ELB; EC2 looks at machines alone
("Health checks for instances in an Auto Scaling group").
Replacing them all is in `instance_refresh`.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState, autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.ec2.utils import convert_tag_spec
from moto.elbv2.models import elbv2_backends

from lab import world
from lab.aws.extend import graft
from lab.aws.observed import OBSERVED

GROUP_TAG = "aws:autoscaling:groupName"


@dataclass(frozen=True)
class Told:
    """An instance as DescribeAutoScalingGroups tells it."""

    instance_id: str
    instance_type: str
    availability_zone: str
    lifecycle_state: str
    health_status: str
    launch_template: dict[str, Any] | None
    launch_configuration_name: str | None
    protected_from_scale_in: bool


class _Group:
    def replace_autoscaling_group_instances(self: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
        for _ in range(count_needed):
            launch(self, propagated_tags)

    @property
    def instances(self: Any) -> list[Told]:
        return [_told(state) for state in self.instance_states]


_moto_delete_group = AutoScalingBackend.delete_auto_scaling_group


class _Backend:
    def delete_auto_scaling_group(self: Any, group_name: str) -> None:
        _moto_delete_group(self, group_name)
        for name in [name for name, policy in self.policies.items() if policy.auto_scaling_group_name == group_name]:
            self.policies.pop(name)                 # they go with their group, says DeleteAutoScalingGroup

    def update_attached_target_groups(self: Any, group_name: str) -> None:
        group = self.autoscaling_groups[group_name]
        targets = [state.instance.id for state in group.instance_states if state.instance.state == "running"]
        for found in self.elbv2_backend.describe_target_groups(target_group_arns=group.target_group_arns, load_balancer_arn=None, names=None) \
                if targets and group.target_group_arns else ():
            self.elbv2_backend.register_targets(found.arn, [{"Id": target, "Port": found.port} for target in targets])


def groups() -> Iterator[FakeAutoScalingGroup]:
    """Every group of the lab's account."""
    yield from list(autoscaling_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION].autoscaling_groups.values())


def standing() -> list[list[str]]:
    """Every group's instances, and everybody who gets requests."""
    targets = [found.targets for found in elbv2_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION].target_groups.values()]
    return [[state.instance.id for state in group.instance_states] for group in groups()] + [sorted(each) for each in targets]


def launch(group: Any, tags: dict[str, str]) -> InstanceState:
    """Start one more instance, where the group has the fewest of those that stay."""
    ec2, template = group.ec2_backend, _version(group)
    data = template.data if template else {}
    subnets = (group.vpc_zone_identifier or "").split(",")
    taken = [state.instance.subnet_id for state in group.instance_states if version_of(state) == group_version(group)]
    # With none given moto adds a root volume of its own beside that of the template.
    volumes = {"block_device_mappings": data["BlockDeviceMappings"]} if data.get("BlockDeviceMappings") else {}
    specified = convert_tag_spec(data.get("TagSpecifications", []))
    [instance] = ec2.run_instances(
        group.image_id, 1, group.user_data, group.security_groups, instance_type=group.instance_type, is_instance_type_default=False,
        tags={**specified, "instance": {**specified.get("instance", {}), **tags, GROUP_TAG: group.name}},
        placement=group.availability_zones[0], launch_config=group.launch_config,
        launch_template={"LaunchTemplateId": template.template.id, "Version": str(template.number)} if template else None,
        associate_public_ip=group.launch_config.associate_public_ip_address if group.launch_config else None,
        metadata_options=data.get("MetadataOptions", {}), monitoring_state="enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled",
        subnet_id=min(subnets, key=taken.count) or None, **volumes).instances
    if profile := data.get("IamInstanceProfile"):
        ec2.associate_iam_instance_profile(instance.id, profile.get("Name"), profile.get("Arn"))
    for interface in instance.nics.values():
        interface.delete_on_termination = True      # of an interface that comes with an instance, says InstanceNetworkInterfaceSpecification
    instance.autoscaling_group = group
    state = InstanceState(instance, protected_from_scale_in=group.new_instances_protected_from_scale_in)
    group.instance_states.append(state)
    return state


def take_away(group: Any, state: InstanceState) -> None:
    """End an instance; nobody takes its place."""
    group.instance_states.remove(state)
    group.ec2_backend.terminate_instances([state.instance.id])
    elbv2_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION].notify_terminate_instances([state.instance.id])


def take_away_too_many(group: Any) -> None:
    """By the service's default ("Default termination policy" in the User Guide): of the fullest zone, who was started from the oldest version."""
    while len(group.instance_states) > group.desired_capacity:
        zones = Counter(str(state.instance.placement.zone) for state in group.instance_states)
        take_away(group, min(group.instance_states, key=lambda state: (
            -zones[str(state.instance.placement.zone)], int(version_of(state) or 0), _aware(state.instance.launch_time))))


def look_after() -> None:
    """Let requests come to who runs, and replace who is not well, in every group: what the service does by itself."""
    for group in groups():
        group.autoscaling_backend.update_attached_target_groups(group.name)
        for state in list(group.instance_states):
            if not is_well(group, state):
                take_away(group, state)
                launch(group, group.get_propagated_tags())


def is_well(group: Any, state: InstanceState) -> bool:
    """Nobody has called it unhealthy, and no target group after the time it was given to start."""
    if state.health_status != "Healthy":
        return False
    age = (utcnow() - _aware(state.instance.launch_time)).total_seconds()
    young = age < (group.health_check_grace_period or 0)
    return group.health_check_type != "ELB" or young or "unhealthy" not in _seen(group, state)


def is_in_service(group: Any, state: InstanceState) -> bool:
    """It runs, and where the group asks its load balancers every target group has found it healthy."""
    return bool(state.instance.state == "running"
                and (group.health_check_type != "ELB" or all(seen == "healthy" for seen in _seen(group, state))))


def version_of(state: InstanceState) -> str:
    """The version of the template that an instance was started from; "" for none."""
    return next((tag["value"] for tag in state.instance.get_tags() if tag["key"] == "aws:ec2launchtemplate:version"), "")


def group_version(group: Any) -> str:
    """The version that instances are started from now."""
    version = _version(group)
    return str(version.number) if version else ""


def _version(group: Any) -> Any:
    return group.ec2_launch_template.get_version(group.launch_template_version) if group.ec2_launch_template else None


def _seen(group: Any, state: InstanceState) -> list[str]:
    return [OBSERVED.get("target_health", arn, {}).get(state.instance.id, "initial") for arn in group.target_group_arns]


def _told(state: InstanceState) -> Told:
    template = state.auto_scaling_group.ec2_launch_template
    return Told(
        state.instance.id, state.instance.instance_type, str(state.instance.placement.zone),
        "Pending" if state.instance.state == "pending" else state.lifecycle_state, state.health_status,
        {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": version_of(state)} if template else None,
        None if template else state.launch_configuration_name, bool(state.protected_from_scale_in))


def _aware(moment: datetime.datetime) -> datetime.datetime:
    """moto's clock has no zone in some releases and one in others; both of these come from it."""
    return moment if moment.tzinfo == utcnow().tzinfo else moment.replace(tzinfo=utcnow().tzinfo)


def install() -> None:
    """Put groups that look after their instances in place."""
    graft(FakeAutoScalingGroup, _Group)
    graft(AutoScalingBackend, _Backend)
