# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images, as lists tell them: one Debian 12 for instances, one for Kubernetes workers, and what the project uploaded."""

from __future__ import annotations

from urllib.parse import urlencode

from .calls import Answer, Call, Routes, page, select
from .store import Record, find, shown

routes = Routes("/image/v2")

FILTERS = ("id", "name", "visibility", "owner", "status", "nhncloud_allow_nks_cpu_flavor")


def _image(identity: str, name: str, **more: str) -> Record:
    return {"id": identity, "name": name, "status": "active", "visibility": "public", "protected": True, "min_disk": 20, "min_ram": 0,
            "disk_format": "qcow2", "container_format": "bare", "size": 2147483648, "checksum": None, "tags": [], "owner": "nhncloud",
            "created_at": "2026-01-20T02:00:00Z", "updated_at": "2026-01-20T02:00:00Z", "self": f"/v2/images/{identity}",
            "file": f"/v2/images/{identity}/file", "schema": "/v2/schemas/image", "os_type": "linux", "os_distro": "debian",
            "os_architecture": "amd64", "hypervisor_type": "qemu", "description": name, **more}


DEBIAN = _image("5a8f9c0e-2c6b-4c52-9f6b-0d1f5b1c2e12", "Debian 12 Bookworm (2026.01.20)", os_version="Bookworm", login_username="debian")
WORKER = _image("1c868787-6207-4ff2-a1e7-ae1331d6829b", "Debian 12 Container (2026.01.20)", os_version="Bookworm", login_username="debian",
                nhncloud_allow_nks_cpu_flavor="true")
IMAGES = {image["id"]: image for image in (DEBIAN, WORKER)}


@routes.on("GET", "/images")
def list_images(call: Call) -> Answer:
    found = [shown(image) for image in (*IMAGES.values(), *call.store.images.values())]
    told, more = page(call, select(call, found, FILTERS), 100)
    rest = {"next": f"/v2/images?{urlencode({**call.request.args, 'marker': more})}"} if more else {}
    return {"images": told, "first": "/v2/images", "schema": "/v2/schemas/images", **rest}


@routes.on("GET", "/images/<id>")
def get_image(call: Call) -> Answer:
    return shown(find({**IMAGES, **call.store.images}, call.id, "Image"))
