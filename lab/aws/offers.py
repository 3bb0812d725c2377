# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS has on offer: MySQL of RDS in versions and classes, the image that hosts start from, and quotas. moto knows none of these, or others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.ec2.responses.amis import AmisResponse
from moto.rds.responses import RDSResponse

from lab import world
from lab.aws.extend import graft

# Of RDS's release calendar, those that a new instance may have; and classes that have them all.
MYSQL = ("8.0.42", "8.0.43", "8.0.44", "8.0.45", "8.4.5", "8.4.6", "8.4.7", "8.4.8")
CLASSES = ("db.t3.micro", "db.t3.small", "db.t3.medium", "db.t3.large", "db.m5.large", "db.m6g.large", "db.r5.large")
ZONES = tuple(f"{world.AWS_REGION}{letter}" for letter in "abcd")
IMAGES = {"ami-785db401": {"ImageId": "ami-785db401", "Name": "debian-12-amd64", "State": "available", "Architecture": "x86_64",
                           "OwnerId": "136693071363", "Public": True, "RootDeviceType": "ebs", "RootDeviceName": "/dev/xvda",
                           "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
                           "CreationDate": datetime(2026, 1, 20, tzinfo=UTC)}}
_moto_images = AmisResponse.describe_images


class _Rds:
    def describe_db_engine_versions(self: Any) -> PaginatedResult:
        """Those of the engine, or the one that is asked for."""
        engine, version = self.params.get("Engine"), self.params.get("EngineVersion")
        return PaginatedResult({"DBEngineVersions": [
            {"Engine": "mysql", "EngineVersion": each, "DBParameterGroupFamily": f"mysql{each.rpartition('.')[0]}", "Status": "available"}
            for each in MYSQL if engine in (None, "mysql") and version in (None, each)]})

    def describe_orderable_db_instance_options(self: Any) -> PaginatedResult:
        """Classes by version; every zone has them."""
        engine, version, kind = (self.params.get(name) for name in ("Engine", "EngineVersion", "DBInstanceClass"))
        return PaginatedResult({"OrderableDBInstanceOptions": [
            {"Engine": "mysql", "EngineVersion": each, "DBInstanceClass": one, "MultiAZCapable": True, "Vpc": True,
             "AvailabilityZones": [{"Name": zone} for zone in ZONES]}
            for each in MYSQL for one in CLASSES if engine == "mysql" and version in (None, each) and kind in (None, one)]})


class _Images:
    def describe_images(self: Any) -> ActionResult:
        """The one that hosts of the lab start from, where somebody names it; else moto's answer."""
        asked = {*self._get_param("ImageIds", []), *self._filters_from_querystring().get("image-id", ())}
        ours = [image for name, image in IMAGES.items() if name in asked]
        return ActionResult({"Images": ours}) if ours else _moto_images(self)


def install() -> None:
    """Put them in place."""
    graft(RDSResponse, _Rds)
    graft(AmisResponse, _Images)
