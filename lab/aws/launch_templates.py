# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of launch templates as the EC2 API Reference has them: one that is made from another holds what that one held ("SourceVersion" of
CreateLaunchTemplateVersion), and none holds the tags of the template itself. moto forgets the first, keeps the second, and cannot start an
instance from a later version with user data.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses import EC2Response
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from lab.aws.extend import graft

_moto_create_version = LaunchTemplate.create_version
_moto_new_version = LaunchTemplates.create_launch_template_version


class _Template:
    def create_version(self: Any, data: dict[str, Any], description: str) -> LaunchTemplateVersion:
        source = self.__dict__.pop("lab_source", None)
        data = {**(self.get_version(source).data if source else {}), **data}
        if "TagSpecifications" in data:
            data["TagSpecifications"] = [tags for tags in data["TagSpecifications"] if tags["ResourceType"] != "launch-template"]
        if data.get("UserData") and not isinstance(data["UserData"], Base64EncodedString):
            data["UserData"] = parse_user_data(data["UserData"])
        return _moto_create_version(self, data, description)


class _Actions:
    def create_launch_template_version(self: Any) -> ActionResult:
        name, template = self._get_param("LaunchTemplateName"), self._get_param("LaunchTemplateId")
        found = self.ec2_backend.get_launch_template(template) if template else self.ec2_backend.get_launch_template_by_name(name)
        found.lab_source = self._get_param("SourceVersion")
        return _moto_new_version(self)


def install() -> None:
    """Put whole versions in place."""
    graft(LaunchTemplate, _Template)
    graft(EC2Response, _Actions)
