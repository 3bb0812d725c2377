# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists are read to their end, and names fit one thing or none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, Ambiguous
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.told import Told
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.wire import Reply

AUTH = {"tenant_id": "t", "username": "u", "password": "p", "identity_url": "http://id/v2.0", "region": "KR1"}


class Paged(Iaas):
    """Answers pages by marker instead of asking a cloud."""

    def __init__(self, pages: dict[str, dict[str, Any]]) -> None:
        super().__init__(AUTH)
        self.pages = pages

    def call(self, method: str, service: str, path: str, **asked: Any) -> Told:
        page = self.pages[asked["params"].get("marker", "")]
        return Told(page, Reply(200, page), "list", path, wrote=False)


def test_all_pages_are_read_in_both_spellings() -> None:
    glance = Paged({"": {"images": [{"id": "1"}], "next": "/v2/images?limit=1&marker=1"}, "1": {"images": [{"id": "2"}]}})
    assert [image["id"] for image in glance.list("image", "/images", "images")] == ["1", "2"]
    nova = Paged({"": {"servers": [{"id": "1"}], "servers_links": [{"rel": "next", "href": "http://c/servers?marker=1"}]},
                  "1": {"servers": [{"id": "2"}]}})
    assert [server["id"] for server in nova.list("compute", "/servers", "servers")] == ["1", "2"]


def test_pages_that_run_in_a_circle_end() -> None:
    circle = Paged({"": {"x": [1], "next": "?marker=a"}, "a": {"x": [2], "next": "?marker=a"}})
    assert circle.list("network", "/x", "x") == [1, 2]


def test_an_image_is_found_by_how_its_name_begins_and_the_newest_wins() -> None:
    images = [{"id": "old", "name": "Debian 12 (2025)", "created_at": "2025"}, {"id": "new", "name": "Debian 12 (2026)", "created_at": "2026"}]
    cloud = Paged({"": {"images": images}})
    assert cloud.image("Debian 12")["id"] == "new"
    assert cloud.image("Debian 12 (2025)")["id"] == "old"
    with pytest.raises(Absent, match="Debian 12"):
        cloud.image("Slackware")


def test_a_name_that_fits_two_is_not_guessed() -> None:
    cloud = Paged({"": {"vpcs": [{"id": "1", "name": "a"}, {"id": "2", "name": "a"}, {"id": "3", "name": "b"}]}})
    with pytest.raises(Ambiguous, match="1, 2"):
        cloud.named("network", "/vpcs", "vpcs", "vpc", "a")
    assert cloud.named("network", "/vpcs", "vpcs", "vpc", "2") == {"id": "2", "name": "a"}
    assert cloud.named("network", "/vpcs", "vpcs", "vpc", "c") is None


def servers(first: int, last: int) -> dict[str, Any]:
    return {"servers": [{"id": str(number), "name": f"s{number}"} for number in range(first, last + 1)]}


@pytest.mark.parametrize("most", [100, 1000])
def test_pages_that_do_not_say_that_there_are_more_are_read_to_the_end(most: int) -> None:
    """As the documents have it: a marker, and no links. However many a page may have."""
    quiet = Paged({"": servers(1, most), str(most): servers(most + 1, most + 50)})
    assert [server["id"] for server in quiet.list("compute", "/servers", "servers")] == [str(number) for number in range(1, most + 51)]


def test_a_service_that_heeds_no_marker_is_read_once() -> None:
    deaf = Paged({"": servers(1, 100), "100": servers(1, 100)})
    assert len(deaf.list("compute", "/servers", "servers")) == 100
