# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lab's materialiser does for the control plane of a test: what was asked for is real, and healthy, a moment later."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.contract.aws_cloud import AwsCloud


@contextmanager
def made_real(aws: AwsCloud, broken: str = "") -> Iterator[list[int]]:
    """Yields how many instances were healthy in the first target group that has two, at each look. What is started from the version `broken` of its
    template never runs.
    """
    ended, healthy = threading.Event(), list[int]()

    def work() -> None:
        while not ended.wait(0.2):
            instances = [instance for reservation in aws.client("ec2").describe_instances()["Reservations"] for instance in reservation["Instances"]]
            real = [instance["InstanceId"] for instance in instances if instance["State"]["Name"] in ("pending", "running")
                    and not (broken and {"Key": "aws:ec2launchtemplate:version", "Value": broken} in instance.get("Tags", ()))]
            health = {}
            for group in aws.client("elbv2").describe_target_groups()["TargetGroups"]:
                targets = [each["Target"]["Id"] for each in aws.client("elbv2").describe_target_health(
                    TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]]
                health[group["TargetGroupArn"]] = {target: "healthy" for target in targets if target in real}
                if len(health[group["TargetGroupArn"]]) >= 2 or healthy:
                    healthy.append(len(health[group["TargetGroupArn"]]))
            databases = {each["DBInstanceIdentifier"]: {"status": "available", "address": "db.lab"}
                         for each in aws.client("rds").describe_db_instances()["DBInstances"]}
            aws.lab("PUT", "/_lab/observed", {"instances": dict.fromkeys(real, "running"), "target_health": health, "databases": databases})
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield healthy
    finally:
        ended.set()
        thread.join(5)


def self_signed(domain: str = "tickets.lab.test") -> str:
    """A certificate for a domain, and its key, as one text."""
    return "".join(part.decode() for part in _made(domain))


def certificate(aws: AwsCloud, domain: str) -> str:
    """Give the account a certificate for a domain; its ARN."""
    public, private = _made(domain)
    return str(aws.client("acm").import_certificate(Certificate=public, PrivateKey=private)["CertificateArn"])


def _made(domain: str) -> tuple[bytes, bytes]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False).sign(key, hashes.SHA256()))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), pem
