# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage, the S3 way, at the same address as Swift and on the same containers: path style, SigV4, the calls NHN lists less multipart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from lab import world

from . import bodies, s3_signature
from .calls import Answer, Call, Routes
from .errors import Refused, Xml
from .listing import page
from .store import Record, Store

routes = Routes("/objects")

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")    # a container of another kind of name is invisible here
LISTED = 1000
META = "x-amz-meta-"
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
ELSEWHERE = ("acl", "uploads", "uploadId", "versioning", "lifecycle", "policy", "notification", "tagging", "cors")


def authenticate(store: Store, call: Call) -> None:
    """403 and a name unless the request is signed by a credential of Object Storage; 501 for what is not offered. Swift's clients ask at this
    very address, without a signature, what it can do; NHN documents no such call."""
    if call.request.path == "/objects/info" and "Authorization" not in call.request.headers:
        raise Refused(404, "The resource could not be found.", "NoSuchBucket")
    s3_signature.check(call.request, store.s3_credentials, world.NHN_REGION, store.now())
    if asked := [name for name in ELSEWHERE if name in call.request.args]:
        raise Refused(501, f"A header or query you provided implies functionality that is not implemented: {asked[0]}", "NotImplemented")


@routes.on("GET", "/")
def list_buckets(call: Call) -> Answer:
    names = sorted(name for name in bodies.containers(call.store) if BUCKET.fullmatch(name))
    told = "".join(f"<Bucket><Name>{name}</Name><CreationDate>{call.store.zulu()}</CreationDate></Bucket>" for name in names)
    owner = call.store.settings.credentials.object_tenant_id
    return Xml(f"<ListAllMyBucketsResult {XMLNS}><Owner><ID>{owner}</ID></Owner><Buckets>{told}</Buckets></ListAllMyBucketsResult>")


@routes.on("PUT", "/<container>")
def create_bucket(call: Call) -> Answer:
    name = call.path["container"]
    if not BUCKET.fullmatch(name):
        raise Refused(400, "The specified bucket is not valid.", "InvalidBucketName")
    if name in call.store.containers:
        raise Refused(409, "Your previous request to create the named bucket succeeded and you already own it.", "BucketAlreadyOwnedByYou")
    call.store.containers[name] = bodies.new_container("Standard")
    return Response(status=200, headers={"Location": f"/{name}"})


@routes.on("HEAD", "/<container>")
def bucket_info(call: Call) -> Answer:
    _bucket(call)
    return Response(status=200, headers={"x-amz-bucket-region": world.NHN_REGION})


@routes.on("DELETE", "/<container>")
def delete_bucket(call: Call) -> Answer:
    if _bucket(call)["objects"]:
        raise Refused(409, "The bucket you tried to delete is not empty.", "BucketNotEmpty")
    del call.store.containers[call.path["container"]]
    return 204, None


@routes.on("GET", "/<container>")
def list_bucket(call: Call) -> Answer:
    """ListObjects and, with list-type=2, ListObjectsV2. Keys are encoded when that is asked for."""
    asked, bucket = call.request.args, _bucket(call)
    if "location" in asked:
        return Xml(f"<LocationConstraint {XMLNS}>{world.NHN_REGION}</LocationConstraint>")
    newer = asked.get("list-type") == "2"
    prefix, delimiter, most = asked.get("prefix", ""), asked.get("delimiter", ""), min(int(asked.get("max-keys", LISTED)), LISTED)
    after = max(unquote(asked.get("continuation-token", "")), asked.get("start-after", "")) if newer else asked.get("marker", "")
    url = asked.get("encoding-type") == "url"
    keys, folders, last = page(sorted(bucket["objects"]), prefix, delimiter, after, most)
    told = [("Name", call.path["container"]), ("Prefix", _key(prefix, url)), ("MaxKeys", str(most)), ("IsTruncated", str(last is not None).lower())]
    told += [("EncodingType", "url")] if url else []
    told += [("Delimiter", _key(delimiter, url))] if delimiter else []
    if newer:
        told += [("KeyCount", str(len(keys) + len(folders)))] + ([("NextContinuationToken", quote(last, safe=""))] if last else [])
    else:
        told += [("Marker", _key(after, url))] + ([("NextMarker", _key(last, url))] if last else [])
    contents = "".join(f"<Contents>{_elements(_content(_key(name, url), bucket['objects'][name]))}</Contents>" for name in keys)
    common = "".join(f"<CommonPrefixes><Prefix>{_key(folder, url)}</Prefix></CommonPrefixes>" for folder in folders)
    return Xml(f"<ListBucketResult {XMLNS}>{_elements(told)}{contents}{common}</ListBucketResult>")


@routes.on("PUT", "/<container>/<path:object>")
def put_s3_object(call: Call) -> Answer:
    """Whole or not at all: a body that is not the one that was signed leaves what was there before."""
    bucket, request = _bucket(call), call.request
    if "X-Amz-Copy-Source" in request.headers:
        raise Refused(501, "Copying is not handled here.", "NotImplemented")
    watched = _Digest(s3_signature.body(request))
    entry = bodies.keep(call.store, watched)
    if s3_signature.signed_digest(request) not in (None, watched.seen.hexdigest()):
        entry["file"].unlink()
        raise Refused(400, "The provided 'x-amz-content-sha256' header does not match what was computed.", "XAmzContentSHA256Mismatch")
    entry["type"] = request.mimetype or "binary/octet-stream"
    entry["meta"] = {f"X-Object-Meta-{name[len(META):].title()}": value for name, value in request.headers if name.lower().startswith(META)}
    bodies.place(bucket, call.path["object"], entry)
    return Response(status=200, headers={"ETag": f'"{entry["etag"]}"'})


@routes.on("HEAD", "/<container>/<path:object>")
def s3_object_info(call: Call) -> Answer:
    entry = _object(call)
    return _as_s3(bodies.told(entry, bodies.parts(call.store, entry)), entry)


@routes.on("GET", "/<container>/<path:object>")
def get_s3_object(call: Call) -> Answer:
    entry = _object(call)
    return _as_s3(bodies.sent(entry, bodies.parts(call.store, entry), call.request.headers.get("Range", "")), entry)


@routes.on("DELETE", "/<container>/<path:object>")
def delete_s3_object(call: Call) -> Answer:
    """204 also when it was not there: S3 does not mind."""
    if call.path["object"] in (bucket := _bucket(call))["objects"]:
        bodies.remove(bucket, call.path["object"])
    return 204, None


def _bucket(call: Call) -> Record:
    name = call.path["container"]
    if not BUCKET.fullmatch(name) or name not in bodies.containers(call.store):
        raise Refused(404, "The specified bucket does not exist.", "NoSuchBucket")
    return call.store.containers[name]


def _object(call: Call) -> Record:
    held = _bucket(call)["objects"]
    if call.path["object"] not in held:
        raise Refused(404, "The specified key does not exist.", "NoSuchKey")
    return held[call.path["object"]]


def _as_s3(answer: Response, entry: Record) -> Response:
    """Swift's answer in S3's words."""
    answer.headers["ETag"] = f'"{answer.headers["ETag"].strip(chr(34))}"'
    answer.headers["Content-Type"] = entry["type"]
    for name, value in entry["meta"].items():
        answer.headers[META + name.removeprefix("X-Object-Meta-").lower()] = value
    return answer


def _content(key: str, entry: Record) -> list[tuple[str, str]]:
    return [("Key", key), ("LastModified", entry["modified"]), ("ETag", f"&quot;{entry['etag']}&quot;"), ("Size", str(bodies.size(entry))),
            ("StorageClass", "STANDARD")]


def _key(name: str, url: bool) -> str:
    return quote(name, safe="/") if url else escape(name)


def _elements(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in pairs)


class _Digest:
    """A body whose SHA-256 is taken while it is read."""

    def __init__(self, body: IO[bytes]) -> None:
        self.body, self.seen = body, hashlib.sha256()

    def read(self, size: int) -> Any:
        block = self.body.read(size)
        self.seen.update(block)
        return block
