# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ECR would remove by role aws_web's policy: never an image that may run, or its signature, however old it is and whatever was pushed since."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROLE = Path(__file__).parents[2] / "roles" / "aws_web"


@dataclass(frozen=True)
class Image:
    """One manifest of a repository: its tags, and days since it was pushed."""

    name: str
    tags: tuple[str, ...]
    days: float


def policy() -> dict[str, Any]:
    """As the role sends it with its own defaults."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        return jinja2.Template(value).render(defaults) if isinstance(value, str) else value
    rules: dict[str, Any] = filled(yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["__aws_web_lifecycle"])
    return rules


def expired(told: dict[str, Any], held: list[Image]) -> set[str]:
    """Names of those that go. As the user guide has it: by priority; who matches a rule's tags is no later rule's; by count the newest stay."""
    gone, seen = set(), set()
    for rule in sorted(told["rules"], key=lambda rule: int(rule["rulePriority"])):
        assert rule["action"]["type"] == "expire"
        chosen = rule["selection"]
        wanted = [*chosen.get("tagPatternList", []), *(f"{prefix}*" for prefix in chosen.get("tagPrefixList", []))]
        matching = [image for image in held if {
            "any": True, "untagged": not image.tags,
            "tagged": all(any(fnmatch(tag, pattern) for tag in image.tags) for pattern in wanted)}[chosen["tagStatus"]] and (
                chosen["tagStatus"] != "tagged" or image.tags)]
        newest = sorted(matching, key=lambda image: image.days)
        number = int(chosen["countNumber"])
        old = newest[number:] if chosen["countType"] == "imageCountMoreThan" else [image for image in matching if image.days > number]
        gone |= {image.name for image in old} - seen
        seen |= {image.name for image in matching}
    return gone


def release(name: str, days: float) -> list[Image]:
    """What a release pushes: the image, and its signature beside it."""
    return [Image(name, (name,), days), Image(f"{name}.sig", (f"sha256-{name}.sig",), days)]


def test_the_judge_of_this_file_knows_an_expiry_when_it_sees_one() -> None:
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}, "action": {"type": "expire"}}
    assert expired({"rules": [rule]}, [*release("old", 9), *release("new", 1)]) in ({"old"}, {"old.sig"})


def test_what_runs_stays_although_every_release_since_went_wrong() -> None:
    """The standby starts from it months later: an image of 2023 that no release could follow, or that one brought again (release_of)."""
    since = [image for number in range(400) for image in release(f"2.{number}", 400 - number)]
    gone = expired(policy(), [*release("1.3", 1100), *since])
    assert not gone & {"1.3", "1.3.sig"}, sorted(gone)


def test_what_lost_its_tag_goes() -> None:
    assert expired(policy(), [*release("1.3", 900), Image("left over", (), 3), Image("on its way", (), 0.1)]) == {"left over"}
