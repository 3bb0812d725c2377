# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role release from a source to two real registries: one digest in both, a signature that openssl finds good, and what stops it."""

from __future__ import annotations

import base64
import json
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release import record, signature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.journal import entries
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.release_world import SKOPEO, Registry, play

pytestmark = pytest.mark.long
KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
MAIN = [{"ansible.builtin.include_role": {"name": "multicloud.dr.release"}},
        {"ansible.builtin.debug": {"msg": "IMAGES {{ release_images | to_json }}"}}]


@pytest.fixture
def registries(tmp_path: Path) -> Iterator[list[Registry]]:
    made = [Registry(tmp_path / name) for name in ("ncr", "ecr")]
    yield made
    for one in made:
        one.stop()
    subprocess.run(["podman", "rmi", "--force", "localhost/multicloud-dr-release/shop:1.4"], check=False, capture_output=True)


def given(folder: Path, registries: list[Registry], **more: Any) -> dict[str, Any]:
    source = folder / "shop"
    source.mkdir(exist_ok=True)
    (source / "Containerfile").write_text("FROM scratch\nARG WORDS\nCOPY page /\nLABEL words=$WORDS\n")
    (source / "page").write_text("sold out\n")
    return {"release_name": "1.4", "release_folder": str(folder / "releases"), "release_source": str(source), "release_signing_key": KEY,
            "release_build_arguments": {"WORDS": "two words"}, "release_skopeo": SKOPEO, "release_checks": ["test -f page"],
            "release_architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
            "release_registries": [{"name": name, "place": one.place, "tls": False} for name, one in zip(("nhn", "aws"), registries, strict=False)],
            **more}


def outcomes(folder: Path) -> dict[str, str]:
    record = json.loads((folder / "releases" / "1.4.json").read_text())
    return {step["name"]: step.get("outcome", "") for step in record["steps"]}


def test_one_digest_is_in_both_registries_and_vouched_for(tmp_path: Path, registries: list[Registry]) -> None:
    variables = given(tmp_path, registries)
    registries[1].stop()
    said = play(tmp_path, MAIN, fails=True, **variables)
    assert "Release 1.4 stopped at step push:aws" in said and "connection refused" in said and "it goes on from this step" in said
    assert outcomes(tmp_path) == {"build": "done", "test": "done", "push:nhn": "done", "push:aws": "failed"}
    digest = registries[0].digest("1.4")
    assert digest

    (tmp_path / "shop" / "page").write_text("changed since\n")          # what goes on is the image that was built, not another of the same name
    registries[1].start()
    said = play(tmp_path, MAIN, **variables)
    assert registries[1].digest("1.4") == digest == registries[1].digest(digest) and f"{registries[1].place}@{digest}" in said
    assert registries[1].tags() == ["1.4", signature.tag(digest)] and "PRIVATE KEY" not in said
    for one in registries:
        assert believed(tmp_path, one, digest, signature.public_half(KEY)) == ""
        other = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        assert believed(tmp_path, one, digest, other) != ""

    kept = [one.digest(signature.tag(digest)) for one in registries]
    path = tmp_path / "releases" / "1.4.json"
    record.write(path, record.forget(json.loads(path.read_text()), ["push:aws"]))
    play(tmp_path, MAIN, **variables)                                   # a registry that has both already keeps them, as its tags are for ever
    assert kept == [one.digest(signature.tag(digest)) for one in registries]


def believed(folder: Path, registry: Registry, digest: str, public_key: str) -> str:
    """What openssl says of what lies in the registry; "" when it is signed by the key. (Debian's skopeo and podman check no such signatures: its
    packages have that part taken out.)"""
    taken = folder / "taken"
    shutil.rmtree(taken, ignore_errors=True)
    subprocess.run([SKOPEO, "copy", "--src-tls-verify=false", f"docker://{registry.place}:{signature.tag(digest)}", f"dir:{taken}"], check=True,
                   capture_output=True, timeout=120)
    (layer,) = json.loads((taken / "manifest.json").read_text())["layers"]
    assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    text = taken / layer["digest"].removeprefix("sha256:")
    assert json.loads(text.read_text())["critical"]["image"]["docker-manifest-digest"] == digest
    (taken / "key.pem").write_text(public_key)
    (taken / "signature").write_bytes(base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"]))
    done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", taken / "key.pem", "-signature", taken / "signature", text], check=False,
                          capture_output=True, text=True, timeout=60)
    return "" if done.returncode == 0 and "Verified OK" in done.stdout else done.stdout + done.stderr or "it failed"


@pytest.mark.parametrize(("change", "words", "step"), [
    ({"release_checks": ["test -f page", "test -f gone"]}, "`test -f gone`", "build"),
    ({"release_image_checks": ["/page"]}, "stopped at step test", "test"),
    ({"release_signing_key": "CANARY-12"}, "the signing key is no private key in PEM", "push:nhn"),
])
def test_what_stops_it_is_named_and_nothing_goes_further(
    tmp_path: Path, registries: list[Registry], change: dict[str, Any], words: str, step: str,
) -> None:
    said = play(tmp_path, MAIN, fails=True, **given(tmp_path, registries, **change))
    assert words in said and f"Release 1.4 stopped at step {step}:" in said and "CANARY" not in said
    assert outcomes(tmp_path)[step] == "failed" and list(outcomes(tmp_path))[-1] == step
    assert registries[1].digest("1.4") is None


def test_an_image_for_other_machines_is_brought_nowhere(tmp_path: Path, registries: list[Registry]) -> None:
    variables = given(tmp_path, registries)
    (tmp_path / "shop" / "Containerfile").write_text("FROM --platform=linux/s390x scratch\nCOPY page /\n")
    said = play(tmp_path, MAIN, fails=True, **variables)
    assert "stopped at step test: The image is for s390x, and both sites' machines are" in said
    assert outcomes(tmp_path) == {"build": "done", "test": "failed"} and [one.digest("1.4") for one in registries] == [None, None]


@pytest.mark.whole
def test_the_image_of_a_release_before_is_brought_again_without_building(tmp_path: Path, registries: list[Registry]) -> None:
    variables = given(tmp_path, registries)
    play(tmp_path, MAIN, **variables)
    digest = registries[0].digest("1.4")
    (tmp_path / "shop" / "Containerfile").unlink()
    again = {**variables, "release_name": "1.4-again", "release_of": "1.4"}
    said = play(tmp_path, MAIN, **again)
    assert f"{registries[1].place}@{digest}" in said
    known = json.loads((tmp_path / "releases" / "1.4-again.json").read_text())
    assert known["facts"] == {"digest": digest, "of": "1.4", "built": "1.4"}
    assert [step["name"] for step in known["steps"]] == ["build", "push:nhn", "push:aws"]
    assert registries[0].digest("1.4-again") is None                    # it lies there already, and tags are for ever

    (tmp_path / "lost").mkdir()
    registries.append(Registry(tmp_path / "lost" / "new"))              # one that is new, or lost what it had, gets the image as it was kept
    again["release_registries"] = [{"name": "nhn", "place": registries[2].place, "tls": False}]
    play(tmp_path, MAIN, **{**again, "release_name": "1.4-once-more"})
    assert registries[2].digest("1.4-once-more") == digest
    play(tmp_path, MAIN, **{**again, "release_name": "1.4-third-time", "release_of": "1.4-again"})     # one that was again itself
    assert json.loads((tmp_path / "releases" / "1.4-third-time.json").read_text())["facts"] == {"digest": digest, "of": "1.4-again", "built": "1.4"}
    said = play(tmp_path, MAIN, fails=True, **{**again, "release_of": "1.4-once-more"})
    assert "was begun with the image of release 1.4 (release_of)" in said
    for name, words in (("1.3", "is no image here that was built and tried"), ("1.4-third", "Nothing was built.")):
        said = play(tmp_path, MAIN, fails=True, **{**again, "release_name": "1.4-third", "release_of": name})
        assert words in said


def test_an_image_of_before_the_key_was_changed_is_brought_again_as_it_was_signed(tmp_path: Path, registries: list[Registry]) -> None:
    variables = given(tmp_path, registries)
    play(tmp_path, MAIN, **variables)
    digest = registries[0].digest("1.4")
    assert digest
    kept = [one.digest(signature.tag(digest)) for one in registries]
    anew = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    again = {**variables, "release_name": "1.4-again", "release_of": "1.4", "release_signing_key": anew}
    said = play(tmp_path, MAIN, fails=True, **again)
    assert "stopped at step push:nhn" in said and "signed by another key" in said and "release_older_public_keys" in said
    assert kept == [one.digest(signature.tag(digest)) for one in registries]                # nobody's signature is written over
    play(tmp_path, MAIN, **{**again, "release_older_public_keys": [signature.public_half(KEY)]})
    assert kept == [one.digest(signature.tag(digest)) for one in registries]


def test_for_ecr_a_pass_is_asked_for_when_it_is_pushed_to(tmp_path: Path, registries: list[Registry]) -> None:
    variables = given(tmp_path, registries)
    aws = {"region": "ap-northeast-2", "access_key": "CANARY-3", "secret_key": "CANARY-4", "endpoint_url": "http://127.0.0.1:9"}
    variables["release_registries"][1]["aws"] = aws
    said = play(tmp_path, MAIN, fails=True, **variables)
    assert "stopped at step push:aws" in said and "CANARY" not in said
    assert outcomes(tmp_path)["push:nhn"] == "done" and registries[1].digest("1.4") is None
    with AwsCloud() as cloud:
        aws |= {"access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"], "endpoint_url": cloud.url}
        said = play(tmp_path, MAIN, **variables)
        asked = [entry for entry in entries(cloud.journal) if "ecr" in json.dumps(entry).lower()]
    assert len(asked) == 1 and "nobody-takes-this" not in said
    assert registries[1].digest("1.4") == registries[0].digest("1.4")


def test_a_plan_that_cannot_work_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    source.mkdir()
    said = play(tmp_path, MAIN, fails=True, release_name="1.4", release_folder=str(tmp_path / "releases"), release_source=str(source),
                release_signing_key=KEY, release_registries=[{"name": "nhn", "place": "ncr.example.com/shop:1.4"}])
    assert "Nothing was built" in said and not (tmp_path / "releases").exists()
