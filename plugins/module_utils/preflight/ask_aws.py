# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS has on offer, what the account holds and what it may have, and who answers for the zone. Reads only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..aws.health_checks import prefix
from . import ask_firewall
from .asking import CONNECT_SECONDS, Question, ask, offset
from .quotas import AWS_QUOTAS

REFUSALS = (400, 401, 403)
SERVICES = ("sts", "ec2", "rds", "elbv2", "service-quotas", "s3", "route53", "autoscaling", "acm", "ecr", "wafv2", "logs")
KEY_TYPES = [f"RSA_{bits}" for bits in (1024, 2048, 3072, 4096)] + ["EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
IN_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^@:]+)(?::[^@]*)?@sha256:[0-9a-f]{64}")
GONE = ("deleted", "deleting", "terminated", "shutting-down", "failed")
RUNS = ("pending", "running")


class Clients:
    """boto3's clients, made before threads use them: making them is not safe there."""

    def __init__(self, auth: Mapping[str, Any], seconds: float) -> None:
        import boto3
        from botocore.config import Config

        config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=seconds / 2, retries={"total_max_attempts": 2}, max_pool_connections=20)
        session = boto3.Session(aws_access_key_id=auth.get("access_key"), aws_secret_access_key=auth.get("secret_key"), region_name=auth["region"])
        self._made = {service: session.client(service, endpoint_url=auth.get("endpoint_url"), config=config) for service in SERVICES}

    def __getitem__(self, service: str) -> Any:
        return self._made[service]


def look(auth: Mapping[str, Any], wanted: Mapping[str, Any], servers: Callable[[str, Sequence[str]], Sequence[str]],
         seconds: float) -> dict[str, Any]:
    """{"answers", "silent"} as findings.Seen has them.

    auth: {region, access_key, secret_key, endpoint_url}; a key that could not be had is "", one that boto3 shall find is None.
    wanted: {types: [...], images: [...], engine_version, database_class, buckets: [...], zone, owner, resolvers: [...], certificate_arn,
    certificate_domain, container_image, rule_groups: [...]}.
    servers: from (zone, resolvers) to the names of those who answer for it; raises OSError without an answer. seconds: for all of it.
    """
    until = time.monotonic() + seconds
    resolvers = {"resolvers": lambda: {"servers": list(servers(str(wanted["zone"]), wanted["resolvers"]))}} if wanted.get("zone") else {}
    if "" in (auth.get("access_key"), auth.get("secret_key")):      # not to be had, which is another thing than none: boto3 would find somebody's
        told = ask(resolvers, why_not, until)
        return told | {"silent": told["silent"] | {"identity": {"kind": "unsaid", "words": "there are no keys"}}}
    aws = Clients(auth, seconds)
    first = ask({"identity": lambda: _identity(aws), **resolvers}, why_not, until)
    if "identity" in first["silent"]:
        return first                    # nothing else would be answered otherwise
    second = ask({
        **_offers(aws, wanted, auth["region"]),
        "regions": lambda: {each["RegionName"]: each["OptInStatus"] for each in aws["ec2"].describe_regions(AllRegions=True)["Regions"]},
        "zones": lambda: {each["ZoneName"]: each["State"] for each in aws["ec2"].describe_availability_zones()["AvailabilityZones"]},
        "network": lambda: _network(aws["ec2"]),
        "machines": lambda: _machines(aws["ec2"]),
        "versions": lambda: {"mysql": [each["EngineVersion"] for each in _all(aws["rds"], "describe_db_engine_versions", "DBEngineVersions",
                                                                              Engine="mysql")]},
        "databases": lambda: {"instances": {each["DBInstanceIdentifier"]: {"engine": each["Engine"], "gib": each["AllocatedStorage"]}
                                            for each in _all(aws["rds"], "describe_db_instances", "DBInstances")}},
        "balancers": lambda: {"names": [each["LoadBalancerName"] for each in _all(aws["elbv2"], "describe_load_balancers", "LoadBalancers")],
                              "target_groups": [each["TargetGroupName"] for each in _all(aws["elbv2"], "describe_target_groups", "TargetGroups")]},
        "groups": lambda: {"names": [each["AutoScalingGroupName"] for each in _all(aws["autoscaling"], "describe_auto_scaling_groups",
                                                                                   "AutoScalingGroups")]},
        "templates": lambda: {"names": [each["LaunchTemplateName"] for each in _all(aws["ec2"], "describe_launch_templates", "LaunchTemplates")]},
        "firewall": lambda: ask_firewall.held(aws["wafv2"]),
        "log_policies": lambda: ask_firewall.log_policies(aws["logs"]),
        "quotas": lambda: _quotas(aws["service-quotas"]),
        "buckets": lambda: _buckets(aws["s3"], wanted["buckets"]),
    }, why_not, until)
    return {part: first[part] | second[part] for part in ("answers", "silent")}


def _offers(aws: Clients, wanted: Mapping[str, Any], region: str) -> dict[str, Question]:
    """What is asked by name, as far as there are names: what the inventory does not say is told by others."""
    arn, domain = str(wanted["certificate_arn"]), str(wanted["certificate_domain"])
    image = IN_ECR.fullmatch(str(wanted["container_image"]))
    asked: dict[str, tuple[bool, Question]] = {
        "types": (bool(wanted["types"]), lambda: _types(aws["ec2"], wanted["types"])),
        "images": (bool(wanted["images"]), lambda: _images(aws["ec2"], wanted["images"])),
        "classes": (bool(wanted["engine_version"] and wanted["database_class"]), lambda: _classes(aws["rds"], wanted)),
        "names": (bool(wanted["zone"]), lambda: _names(aws["route53"], str(wanted["zone"]), str(wanted["owner"]))),
        "rule_groups": (bool(wanted["rule_groups"]), lambda: ask_firewall.units(aws["wafv2"], wanted["rule_groups"])),
        "certificates": (bool(arn or domain), lambda: _certificates(aws["acm"], arn, domain)),
        "pushed": (image is not None and image[2] == region, lambda: {"digests": _pushed(aws["ecr"], image[1], image[3]) if image else []}),
    }
    return {name: question for name, (given, question) in asked.items() if given}


def why_not(error: Exception) -> dict[str, str]:
    """A refusal in AWS's own words, which hold no secret; of anything else only what kind it is."""
    answered = getattr(error, "response", None)
    if isinstance(answered, dict) and "Error" in answered:
        status = answered.get("ResponseMetadata", {}).get("HTTPStatusCode")
        words = " ".join(str(answered["Error"].get(part, "")) for part in ("Code", "Message")).strip()
        return {"kind": "refused" if status in REFUSALS else "silent", "words": words}
    return {"kind": "silent", "words": str(error) if isinstance(error, OSError) else type(error).__name__}


def _all(client: Any, action: str, key: str, **more: Any) -> list[dict[str, Any]]:
    return [each for page in client.get_paginator(action).paginate(**more) for each in page[key]]


def _name(thing: Mapping[str, Any]) -> str:
    return str(next((tag["Value"] for tag in thing.get("Tags") or () if tag["Key"] == "Name"), ""))


def _identity(aws: Clients) -> dict[str, Any]:
    began = time.time()
    told = aws["sts"].get_caller_identity()
    date = told["ResponseMetadata"]["HTTPHeaders"].get("date")
    return {"account": told["Account"], "arn": told["Arn"], "offset_seconds": offset(date, began, time.time())}


def _types(ec2: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """{type: {zones, vcpus, architectures}}, without those that AWS does not know: naming one of them would refuse the whole question."""
    only = [{"Name": "instance-type", "Values": list(wanted)}]
    offered = _all(ec2, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="availability-zone", Filters=only)
    known = {each["InstanceType"]: each for each in _all(ec2, "describe_instance_types", "InstanceTypes", Filters=only)}
    return {name: {"zones": sorted(each["Location"] for each in offered if each["InstanceType"] == name), "vcpus": told["VCpuInfo"]["DefaultVCpus"],
                   "architectures": told["ProcessorInfo"]["SupportedArchitectures"]} for name, told in known.items()}


def _images(ec2: Any, wanted: Sequence[str]) -> dict[str, Any]:
    found = ec2.describe_images(Filters=[{"Name": "image-id", "Values": list(wanted)}])["Images"]
    return {image["ImageId"]: {"state": image["State"], "architecture": image["Architecture"], "root": image.get("RootDeviceName", ""),
                               "root_gib": _root_gib(image)} for image in found}


def _root_gib(image: Mapping[str, Any]) -> int:
    """0 where the image does not say."""
    return next((int((volume.get("Ebs") or {}).get("VolumeSize", 0)) for volume in image.get("BlockDeviceMappings") or ()
                 if volume.get("DeviceName") == image.get("RootDeviceName")), 0)


def _network(ec2: Any) -> dict[str, Any]:
    def named(action: str, key: str) -> list[str]:
        return [_name(each) or "?" for each in getattr(ec2, action)()[key] if each.get("State") not in GONE]

    subnet_zone = {each["SubnetId"]: each["AvailabilityZone"] for each in _all(ec2, "describe_subnets", "Subnets")}
    return {
        "vpcs": [{"id": vpc["VpcId"], "name": _name(vpc), "cidr": vpc["CidrBlock"]} for vpc in _all(ec2, "describe_vpcs", "Vpcs")],
        "internet_gateways": named("describe_internet_gateways", "InternetGateways"),
        "security_groups": [group["GroupName"] for group in _all(ec2, "describe_security_groups", "SecurityGroups")],
        "addresses": named("describe_addresses", "Addresses"),
        "nat_gateways": [{"name": _name(gateway), "zone": subnet_zone.get(gateway.get("SubnetId", ""), "")}
                         for gateway in _all(ec2, "describe_nat_gateways", "NatGateways") if gateway["State"] not in GONE],
        "vpn_gateways": named("describe_vpn_gateways", "VpnGateways"),
        "customer_gateways": named("describe_customer_gateways", "CustomerGateways"),
        # Of a connection nothing but its ranges is kept: the rest of what AWS tells holds keys.
        "connections": [{"id": each["VpnConnectionId"], "name": _name(each),
                         "inside_cidrs": [str(tunnel["TunnelInsideCidr"]) for tunnel in (each.get("Options") or {}).get("TunnelOptions") or ()
                                          if tunnel.get("TunnelInsideCidr")]}
                        for each in ec2.describe_vpn_connections()["VpnConnections"] if each["State"] not in GONE],
    }


def _machines(ec2: Any) -> dict[str, Any]:
    running = [instance for reservation in _all(ec2, "describe_instances", "Reservations") for instance in reservation["Instances"]
               if instance["State"]["Name"] in RUNS]
    cores = [instance.get("CpuOptions") or {} for instance in running]
    return {"names": [_name(instance) for instance in running],
            "vcpus": sum(each.get("CoreCount", 1) * each.get("ThreadsPerCore", 1) for each in cores)}


def _classes(rds: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    found = _all(rds, "describe_orderable_db_instance_options", "OrderableDBInstanceOptions", Engine="mysql",
                 EngineVersion=str(wanted["engine_version"]), DBInstanceClass=str(wanted["database_class"]))
    return {"zones": sorted({zone["Name"] for each in found for zone in each["AvailabilityZones"]})}


def _certificates(acm: Any, arn: str, domain: str) -> dict[str, Any]:
    """{ARN: {names, state, ends: seconds since 1970, or 0 where it never began}}: the one that is named, else those that role aws_web looks among,
    whose first name is the domain."""
    # Unless kinds of keys are named, ACM lists those of RSA alone.
    listed = [] if arn else _all(acm, "list_certificates", "CertificateSummaryList", Includes={"keyTypes": KEY_TYPES})
    found = {}
    for each in [arn] if arn else [one["CertificateArn"] for one in listed if one["DomainName"] == domain]:
        try:
            told = acm.describe_certificate(CertificateArn=each)["Certificate"]
        except (acm.exceptions.ResourceNotFoundException, acm.exceptions.InvalidArnException):
            continue
        found[each] = {"names": told.get("SubjectAlternativeNames") or [told["DomainName"]], "state": told["Status"],
                       "ends": told["NotAfter"].timestamp() if told.get("NotAfter") else 0.0}
    return found


def _pushed(ecr: Any, account: str, repository: str) -> list[str]:
    """Digests of the images in a repository; none where it is not there."""
    try:
        return [image["imageDigest"] for image in _all(ecr, "list_images", "imageIds", registryId=account, repositoryName=repository)]
    except ecr.exceptions.RepositoryNotFoundException:
        return []


def _quotas(quotas: Any) -> dict[str, Any]:
    """{limits: {name: number, None where AWS does not say}}: one that the account may not see must not hide the others."""
    limits: dict[str, float | None] = {}
    for name, quota in AWS_QUOTAS.items():
        try:
            limits[name] = float(quotas.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)["Quota"]["Value"])
        except (quotas.exceptions.NoSuchResourceException, quotas.exceptions.AccessDeniedException):
            limits[name] = None
    return {"limits": limits}


def _buckets(s3: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """Names are unique over all accounts: what is not ours and does not answer 404 is somebody's."""
    from botocore.exceptions import ClientError

    mine = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    state = {}
    for name in wanted:
        try:
            s3.head_bucket(Bucket=name)
            state[name] = "mine" if name in mine else "taken"
        except ClientError as error:
            state[name] = "free" if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404 else "mine" if name in mine else "taken"
    return {"owned": len(mine), "wanted": state}


def _names(route53: Any, zone: str, owner: str) -> dict[str, Any]:
    found = [each for each in route53.list_hosted_zones_by_name(DNSName=zone)["HostedZones"] if each["Name"].rstrip(".") == zone.rstrip(".").lower()]
    checks = _all(route53, "list_health_checks", "HealthChecks")
    own = prefix(owner, "").removesuffix("/")
    return {"zones": [{"id": each["Id"], "private": bool((each.get("Config") or {}).get("PrivateZone")),
                       "servers": [] if (each.get("Config") or {}).get("PrivateZone") else
                       route53.get_hosted_zone(Id=each["Id"])["DelegationSet"]["NameServers"]} for each in found],
            "health_checks": len(checks), "own_health_checks": sum(each["CallerReference"].startswith(own) for each in checks)}
