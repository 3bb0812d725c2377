# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does what a Jenkins agent does with our Jenkinsfile, and reads no more of a declarative pipeline than that: stages in order, each with its branch
and its one shell line. A pipeline that says anything else is refused, so that nothing in it can go untested.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STAGE = re.compile(r"stage\('([^']+)'\) \{\s*(?:when \{ branch '([^']+)' \}\s*)?steps \{ sh '([^']*)' \}\s*\}")
SETTING = re.compile(r"^ {4}(\w+) = (?:'([^']*)'|credentials\('([^']+)'\))$", re.MULTILINE)
SAID = re.compile(r"//[^\n]*\n")


@dataclass(frozen=True)
class Stage:
    """branch: on which alone it runs; "" for all."""

    name: str
    branch: str
    line: str


def stages(text: str) -> list[Stage]:
    """Raises ValueError where the stages hold anything that is not understood."""
    body = re.search(r"\n  stages \{\n(.*?)\n  \}\n\}\n$", text, re.DOTALL)
    if body is None:
        raise ValueError("no stages at the end of the pipeline")
    left = STAGE.sub("", body[1]).strip()
    if left:
        raise ValueError(f"not understood: {left}")
    return [Stage(match[1], match[2] or "", match[3]) for match in STAGE.finditer(body[1])]


def settings(text: str) -> dict[str, tuple[str, str]]:
    """{name: (its value, the credential that it is)} of what the pipeline puts into the environment."""
    return {name: (value, credential) for name, value, credential in SETTING.findall(SAID.sub("", text))}


def run(text: str, branch: str, folder: Path, environment: Mapping[str, str]) -> list[tuple[str, int]]:
    """Run the stages of a branch; (name, exit code) of each, up to the first that fails."""
    done: list[tuple[str, int]] = []
    for stage in stages(text):
        if stage.branch in ("", branch):
            code = subprocess.run(["sh", "-xe", "-c", stage.line], cwd=folder, env=dict(environment), check=False, capture_output=True).returncode
            done.append((stage.name, code))
            if code:
                break
    return done
