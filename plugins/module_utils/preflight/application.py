# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the application at AWS stands on and no role makes: the certificate of the public name, and the image that instances pull. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..aws.web_plan import BY_DIGEST
from .findings import Finding, World, some

IMAGE = "aws_web_container_image"
ENDING_DAYS = 21            # as the alert CertificateEnding has it
MENDS = {"PENDING_VALIDATION": "Put the record that ACM shows for it into the zone, and wait until it is issued."}
ANEW = "Request one in that region, or import one that both sites have."
OTHERWISE = " One whose first name is another, such as *.example.com, is named by aws_web_certificate_arn."


def judge(world: World) -> Iterable[Finding]:
    """Both."""
    yield from _certificate(world)
    yield from _image(world)


def _certificate(world: World) -> Iterator[Finding]:
    arn, domain, region = world["aws_web_certificate_arn"], world["aws_web_certificate_domain"], world.site("aws").get("region")
    if arn == "" and domain == "":
        yield Finding("aws_web_certificate_domain", "the public name has no certificate", "Name one by this domain, or by aws_web_certificate_arn.")
    if (found := world.aws["certificates"]) is None:
        return
    path, which = ("aws_web_certificate_arn", str(arn)) if arn else ("aws_web_certificate_domain", f"for {domain}")
    issued = [each for each in found.values() if each["state"] == "ISSUED"]
    if not found:
        yield Finding(path, f"ACM in {region} has no certificate {which}", ANEW + ("" if arn else OTHERWISE))
    elif not issued:
        states = sorted(str(each["state"]) for each in found.values())
        yield Finding(path, f"the certificate {which} is {some(states)} at ACM in {region}", MENDS.get(states[0], ANEW))
    else:
        yield from _issued(world, path, max(issued, key=lambda each: float(each["ends"])))


def _issued(world: World, path: str, certificate: Mapping[str, Any]) -> Iterator[Finding]:
    """The one that the load balancer will show: of several the newest."""
    public = world["topology_domain"]
    if public and not any(_covers(str(name), str(public)) for name in certificate["names"]):
        yield Finding(path, f"the certificate is for {some(certificate['names'])}, and users come to {public}", ANEW)
    ends = datetime.fromtimestamp(float(certificate["ends"]), UTC)
    if (ends - datetime.fromtimestamp(world.now, UTC)).days < ENDING_DAYS:
        yield Finding(path, f"the certificate ends on {ends:%Y-%m-%d}", "Renew it at both sites alike: docs/runbooks/certificate.md.", advice=True)


def _covers(name: str, domain: str) -> bool:
    """A star stands for one label, the first."""
    return name.lower() == domain.lower() or (name.startswith("*.") and domain.lower().partition(".")[2] == name[2:].lower())


def _image(world: World) -> Iterator[Finding]:
    if (image := world[IMAGE]) is None:
        return
    if not BY_DIGEST.fullmatch(str(image)):
        yield Finding(IMAGE, f"{image} does not name its image by digest, and instances are started long after a tag has moved",
                      "Write name@sha256:..., as pushing it told.")
    elif (pushed := world.aws["pushed"]) is not None and str(image).partition("@")[2] not in pushed["digests"]:
        yield Finding(IMAGE, f"ECR does not have {image}", "Make the repository where it is not there yet, and push the image to it.")
