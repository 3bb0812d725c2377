# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are we let in? Every question that a cloud did not answer, told once, with what lets it be answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .findings import Finding, World

# What lies behind a question: (what it is about, where the inventory says how to ask, what mends a refusal).
NHN = {
    "login": ("a log-in", "nhn_auth.password", "It is the API password that is set in the console (API endpoint settings), not the one people log in "
              "with; tenant_id and username belong to it."),
    "objects": ("Object Storage", "nhn_auth.object_tenant_id", "Object Storage has a tenant of its own; the console shows it there."),
    "rds": ("RDS for MySQL", "nhn_auth.appkey", "The appkey is the service's own, and the access key needs its role RDS for MySQL ADMIN."),
    "registry": ("the container registry", "nhn_auth.access_key_id", "Enable NCR in the project; a registry_appkey belongs into nhn_auth where the "
                 "appkey is not the project's integrated one."),
    "dns_plus": ("DNS Plus", "nhn_auth.appkey", "Enable DNS Plus in the project, or leave nhn_dns_plus_enabled off; a dns_plus_appkey belongs into "
                 "nhn_auth where the appkey is not the project's integrated one."),
    "kubernetes": ("NKS", "nhn_auth.username", "The account needs the role Infrastructure NKS ADMIN, and the region must have NKS."),
    "network": ("networks", "nhn_auth.username", "The account needs the role Infrastructure ADMIN in the project."),
    "compute": ("servers", "nhn_auth.username", "The account needs the role Infrastructure ADMIN in the project."),
    "images": ("images", "nhn_auth.username", "The account needs the role Infrastructure ADMIN in the project."),
    "volumes": ("volumes", "nhn_auth.username", "The account needs the role Infrastructure ADMIN in the project."),
}
AWS = {
    "identity": ("who is asking", "aws_auth.access_key", "Make a new access key for the user who builds, and put both halves into the vault."),
    "regions": ("regions", "ec2:DescribeRegions", ""), "zones": ("zones", "ec2:DescribeAvailabilityZones", ""),
    "types": ("instance types", "ec2:DescribeInstanceTypeOfferings, ec2:DescribeInstanceTypes", ""),
    "images": ("images", "ec2:DescribeImages", ""), "network": ("networks", "ec2:Describe*", ""),
    "machines": ("instances", "ec2:DescribeInstances", ""),
    "versions": ("versions of RDS", "rds:DescribeDBEngineVersions", ""),
    "classes": ("classes of RDS", "rds:DescribeOrderableDBInstanceOptions", ""),
    "databases": ("databases", "rds:DescribeDBInstances", ""),
    "balancers": ("load balancers", "elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeTargetGroups", ""),
    "groups": ("Auto Scaling groups", "autoscaling:DescribeAutoScalingGroups", ""),
    "templates": ("launch templates", "ec2:DescribeLaunchTemplates", ""),
    "certificates": ("certificates", "acm:ListCertificates, acm:DescribeCertificate", ""),
    "pushed": ("images of the application", "ecr:ListImages", ""),
    "firewall": ("web ACLs", "wafv2:ListWebACLs, wafv2:ListIPSets", ""),
    "rule_groups": ("managed rule groups", "wafv2:DescribeManagedRuleGroup", ""),
    "log_policies": ("who may write logs", "logs:DescribeResourcePolicies", ""),
    "quotas": ("quotas", "servicequotas:GetServiceQuota", ""), "buckets": ("buckets", "s3:ListAllMyBuckets, s3:ListBucket", ""),
    "names": ("hosted zones", "route53:ListHostedZonesByName, route53:GetHostedZone, route53:ListHealthChecks", ""),
    "resolvers": ("name servers", "dns_failover_resolvers", "Name resolvers that answer from here, as address or address:port."),
}


def judge(world: World) -> Iterable[Finding]:
    """Everything that was asked and not answered. What was not asked is no better: not having looked is not having seen."""
    for who, seen, path in (("NHN Cloud", world.nhn, "nhn_auth"), ("AWS", world.aws, "aws_auth")):
        if not seen.answers and not seen.silent:
            yield Finding(path, f"{who} was not asked", "Run without --limit, and see what failed before this.")
    yield from _nhn(world)
    yield from _aws(world)
    yield from _who(world)


def _nhn(world: World) -> Iterable[Finding]:
    for question, said in world.nhn.silent.items():
        about, path, mend = NHN[question]
        if said["kind"] == "refused":
            yield Finding(path, f"NHN Cloud refuses {about}: {said['words']}", mend)
        elif said["kind"] == "silent":
            yield Finding("nhn_auth", f"NHN Cloud gives no answer about {about}: {said['words']}",
                          "See whether this machine reaches the addresses in nhn_auth, or the region's own where it names none.")


def _aws(world: World) -> Iterable[Finding]:
    for question, said in world.aws.silent.items():
        about, path, mend = AWS[question]
        if question == "resolvers":
            yield Finding(path, f"no resolver says who answers for {world['topology_zone']}: {said['words']}", mend)
        elif said["kind"] == "silent":
            yield Finding("aws_auth", f"AWS gives no answer about {about}: {said['words']}",
                          "See whether this machine reaches AWS, or the endpoint_url in aws_auth.")
        elif said["kind"] == "refused" and question == "identity":
            yield Finding(path, f"AWS refuses {about}: {said['words']}", mend)
        elif said["kind"] == "refused":
            yield Finding(f"aws_auth ({path})", f"AWS refuses {about}: {said['words']}", "Allow that action to the account that builds.")


def _who(world: World) -> Iterable[Finding]:
    if (who := world.aws["identity"]) is None:
        return
    wanted = str(world["preflight_aws_account"] or "")
    if wanted and wanted != str(who["account"]):
        yield Finding("preflight_aws_account", f"the keys are of account {who['account']}, and {wanted} is meant",
                      "Put the keys of the right account into the vault, or correct the number.")
    if str(who["arn"]).endswith(":root"):
        yield Finding("aws_auth.access_key", "the keys are the account's root's, who may do everything and cannot be held to less",
                      "Make a user or a role for builds, and remove the root's keys.")
    if str(world["vault_aws_access_key"] or "").startswith("ASIA"):
        yield Finding("vault_aws_access_key", "is a temporary key: the standby's agent would lose it within hours, and with it the marker",
                      "Use a lasting key of a user, or let hosts have roles of their own.")
