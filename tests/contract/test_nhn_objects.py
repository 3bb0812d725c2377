# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage as clients nobody here wrote use it: what it says it did, it did, and what it does not do it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import openstack
import pytest
import requests
import swiftclient

from tests.contract.nhn_cloud import NhnCloud

ONE, TWO = b"first part, ", b"second part"


@pytest.fixture
def swift(nhn: NhnCloud) -> Iterator[Any]:
    nhn.store.containers.clear()
    connection = swiftclient.Connection(authurl=nhn.auth["identity_url"], user=nhn.auth["username"], key=nhn.auth["password"], auth_version="2.0",
                                        os_options={"tenant_id": nhn.auth["object_tenant_id"], "region_name": "KR1"}, retries=0)
    connection.put_container("box")
    yield connection
    connection.close()


@pytest.fixture
def sdk(nhn: NhnCloud) -> Iterator[Any]:
    nhn.store.containers.clear()
    auth = {"auth_url": nhn.auth["identity_url"], "username": nhn.auth["username"], "password": nhn.auth["password"],
            "tenant_id": nhn.auth["object_tenant_id"]}
    with openstack.connect(auth_type="v2password", auth=auth, region_name="KR1", load_yaml_config=False, load_envvars=False) as connection:
        yield connection.object_store


@pytest.fixture
def later(nhn: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the emulator's clock by some seconds."""
    return lambda seconds: monkeypatch.setattr(nhn.store.settings, "clock", lambda: time.time() + seconds)


def large(swift: Any, name: str = "whole") -> None:
    """A static large object of two segments."""
    manifest = [{"path": f"/box/part/{number}", "size_bytes": len(body), "etag": swift.put_object("box", f"part/{number}", contents=body)}
                for number, body in enumerate((ONE, TWO))]
    swift.put_object("box", name, contents=json.dumps(manifest), query_string="multipart-manifest=put")


def test_the_sdk_keeps_containers_and_objects(sdk: Any, nhn: NhnCloud) -> None:
    """It asks for JSON by its Accept header, never by a query."""
    sdk.create_container("theirs")
    sdk.set_container_metadata("theirs", purpose="exports")
    sdk.upload_object("theirs", "folder/one", data=ONE)
    assert [container.name for container in sdk.containers()] == ["theirs"]
    assert [(each.name, each.content_length) for each in sdk.objects("theirs")] == [("folder/one", len(ONE))]
    assert sdk.get_container_metadata("theirs").metadata["purpose"] == "exports"
    assert sdk.download_object("folder/one", "theirs") == ONE
    sdk.set_object_metadata("folder/one", container="theirs", colour="red")
    assert sdk.get_object_metadata("folder/one", container="theirs").metadata["colour"] == "red"
    assert sdk.get_account_metadata().account_object_count == 1
    assert nhn.run("object_container", name="theirs").result["action"] == "none"
    sdk.delete_object("folder/one", container="theirs")
    sdk.delete_container("theirs")
    assert list(sdk.containers()) == []


def test_the_sdk_makes_a_large_object_of_segments(sdk: Any, nhn: NhnCloud, tmp_path: Any) -> None:
    file = tmp_path / "large"
    file.write_bytes(ONE + TWO)
    sdk.create_container("theirs")
    sdk.upload_object("theirs", "large", filename=str(file), segment_size=len(ONE))
    entry = nhn.store.containers["theirs"]["objects"]["large"]
    assert [segment["bytes"] for segment in entry["segments"]] == [len(ONE), len(TWO)]
    assert sdk.download_object("large", "theirs") == ONE + TWO


def test_a_manifest_is_one_object_and_goes_with_its_segments(swift: Any) -> None:
    large(swift)
    headers, body = swift.get_object("box", "whole")
    assert body == ONE + TWO and headers["x-static-large-object"] == "True" and int(headers["content-length"]) == len(body)
    assert int(swift.head_object("box", "whole")["content-length"]) == len(body)
    assert swift.get_object("box", "whole", headers={"Range": "bytes=6-15"})[1] == (ONE + TWO)[6:16]
    assert [each["name"] for each in json.loads(swift.get_object("box", "whole", query_string="multipart-manifest=get")[1])] == [
        "/box/part/0", "/box/part/1"]
    assert {each["name"]: each["bytes"] for each in swift.get_container("box")[1]}["whole"] == len(body)
    swift.delete_object("box", "whole", query_string="multipart-manifest=delete")
    assert swift.get_container("box")[1] == []


@pytest.mark.parametrize("change, told", [({"path": "/box/nothing"}, "404 Not Found"), ({"size_bytes": 1}, "Size Mismatch"),
                                          ({"etag": "0" * 32}, "Etag Mismatch"), ({"range": "0-3"}, "does not act on range")])
def test_a_manifest_that_is_wrong_makes_nothing(swift: Any, nhn: NhnCloud, change: dict[str, Any], told: str) -> None:
    swift.put_object("box", "part", contents=ONE)
    with pytest.raises(swiftclient.ClientException, match="400") as refused:
        swift.put_object("box", "whole", contents=json.dumps([{"path": "/box/part", **change}]), query_string="multipart-manifest=put")
    assert told.encode() in refused.value.http_response_content
    assert list(nhn.store.containers["box"]["objects"]) == ["part"]


def test_a_large_object_whose_segment_changed_is_not_given_out(swift: Any) -> None:
    large(swift)
    swift.put_object("box", "part/1", contents=b"another")
    with pytest.raises(swiftclient.ClientException, match="409"):
        swift.get_object("box", "whole")


def test_an_object_ends_when_it_was_told_to(swift: Any, later: Any) -> None:
    swift.put_object("box", "brief", contents=ONE, headers={"X-Delete-After": "60"})
    swift.put_object("box", "until", contents=ONE, headers={"X-Delete-At": str(int(time.time()) + 120)})
    swift.put_object("box", "stays", contents=ONE, headers={"X-Delete-After": "60"})
    swift.post_object("box", "stays", {"X-Object-Meta-Kept": "yes"})         # what is not sent along is gone
    assert int(swift.head_object("box", "brief")["x-delete-at"]) > time.time()
    later(90)
    with pytest.raises(swiftclient.ClientException, match="404"):
        swift.head_object("box", "brief")
    assert [each["name"] for each in swift.get_container("box")[1]] == ["stays", "until"]
    later(121)
    assert swift.head_account()["x-account-object-count"] == "1"


def test_an_object_lives_as_long_as_its_container_says(swift: Any, later: Any) -> None:
    swift.put_object("box", "before", contents=ONE)
    swift.post_container("box", {"X-Container-Object-Lifecycle": "2"})
    swift.put_object("box", "after", contents=ONE)
    later(2 * 86400 + 1)
    assert [each["name"] for each in swift.get_container("box")[1]] == ["before"]


@pytest.mark.parametrize("headers", [{"X-Delete-After": "soon"}, {"X-Delete-After": "0"}, {"X-Delete-At": "1"}])
def test_an_end_that_is_none_is_refused(swift: Any, headers: dict[str, str]) -> None:
    with pytest.raises(swiftclient.ClientException, match="400"):
        swift.put_object("box", "never", contents=ONE, headers=headers)
    assert swift.get_container("box")[1] == []


def test_a_copy_holds_what_it_was_made_of(swift: Any, nhn: NhnCloud) -> None:
    swift.put_container("other")
    swift.put_object("box", "one", contents=ONE, content_type="text/x", headers={"X-Object-Meta-Colour": "red", "X-Object-Meta-Size": "s"})
    swift.copy_object("box", "one", "/other/a b", headers={"X-Object-Meta-Size": "m"})
    swift.put_object("other", "pulled", contents=b"", headers={"X-Copy-From": "/box/one"})
    swift.copy_object("box", "one", "/other/fresh", fresh_metadata=True)
    headers, body = swift.get_object("other", "a b")
    assert body == ONE and headers["content-type"].startswith("text/x")
    assert (headers["x-object-meta-colour"], headers["x-object-meta-size"]) == ("red", "m")
    assert swift.get_object("other", "pulled")[1] == ONE
    assert "x-object-meta-colour" not in swift.head_object("other", "fresh")
    swift.delete_object("box", "one")
    assert swift.get_object("other", "a b")[1] == ONE
    large(swift)
    swift.copy_object("box", "whole", "/other/joined")
    assert swift.get_object("other", "joined")[1] == ONE + TWO and not nhn.store.containers["other"]["objects"]["joined"]["segments"]


def test_lists_come_in_the_form_that_was_asked_for(swift: Any) -> None:
    for name in ("a", "folder/b", "folder/c", "z"):
        swift.put_object("box", name, contents=ONE)
    assert [each.get("name") or each["subdir"] for each in swift.get_container("box", delimiter="/")[1]] == ["a", "folder/", "z"]
    assert [each["name"] for each in swift.get_container("box", prefix="folder/", delimiter="/")[1]] == ["folder/b", "folder/c"]
    assert [each["name"] for each in swift.get_container("box", full_listing=True, limit=1)[1]] == ["a", "folder/b", "folder/c", "z"]
    url, token = swift.get_auth()
    headers = {"X-Auth-Token": token}
    assert requests.get(f"{url}/box", headers=headers, timeout=5).text == "a\nfolder/b\nfolder/c\nz\n"
    assert "<name>folder/b</name>" in requests.get(f"{url}/box?format=xml", headers=headers, timeout=5).text
    assert requests.get(url, headers={**headers, "Accept": "application/json"}, timeout=5).json() == [{"name": "box", "count": 4, "bytes": 48}]
    assert requests.get(f"{url}/box", headers={**headers, "Accept": "image/png"}, timeout=5).status_code == 406
    assert requests.get(f"{url}/box?limit=10001", headers=headers, timeout=5).status_code == 412


def test_only_what_is_shown_to_everybody_is_read_without_a_token(swift: Any) -> None:
    swift.put_object("box", "one", contents=ONE)
    url, _ = swift.get_auth()
    assert requests.get(f"{url}/box/one", timeout=5).status_code == 401
    swift.post_container("box", {"X-Container-Read": ".r:*"})
    assert requests.get(f"{url}/box/one", timeout=5).content == ONE
    assert requests.get(f"{url}/box", timeout=5).status_code == 401
    assert requests.put(f"{url}/box/two", data=b"x", timeout=5).status_code == 401
    swift.post_container("box", {"X-Container-Read": ".r:*, .rlistings"})
    assert requests.get(f"{url}/box", timeout=5).text == "one\n"
    swift.post_container("box", {"X-Container-Read": ""})
    assert requests.get(f"{url}/box/one", timeout=5).status_code == 401


@pytest.mark.parametrize("method, path, headers", [
    ("PUT", "/box?extract-archive=tar", {}), ("GET", "/box?reverse=true", {}), ("GET", "/box?path=x", {}),
    ("POST", "/box", {"X-History-Location": "old"}), ("POST", "/box", {"X-Container-Worm-Retention-Day": "1"}),
    ("POST", "/box", {"X-Container-Object-Lifecycle": "soon"}), ("PUT", "/box/new", {"X-Object-Worm-Retain-Until": "1900000000"}),
    ("PUT", "/box/new", {"X-Symlink-Target": "box/one"}), ("PUT", "/box/new?multipart-manifest=get", {}),
    ("POST", "/box/one", {"X-Remove-Delete-At": "x"}), ("DELETE", "/box/one?multipart-manifest=delete", {}),
])
def test_what_it_does_not_do_it_refuses(swift: Any, nhn: NhnCloud, method: str, path: str, headers: dict[str, str]) -> None:
    swift.put_object("box", "one", contents=ONE)
    url, token = swift.get_auth()
    before = (dict(nhn.store.containers["box"]["settings"]), dict(nhn.store.containers["box"]["objects"]))
    assert requests.request(method, f"{url}{path}", headers={**headers, "X-Auth-Token": token}, data=b"", timeout=5).status_code == 400
    assert (nhn.store.containers["box"]["settings"], nhn.store.containers["box"]["objects"]) == before


def test_what_is_there_already_is_not_put_again_when_asked_not_to(swift: Any) -> None:
    swift.put_object("box", "one", contents=ONE)
    with pytest.raises(swiftclient.ClientException, match="412"):
        swift.put_object("box", "one", contents=TWO, headers={"If-None-Match": "*"})
    assert swift.get_object("box", "one")[1] == ONE
