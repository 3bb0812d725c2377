# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage, the S3 way, at the same address as Swift and on the same containers: path style, SigV4, the calls NHN lists less the ACLs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from lab import world

from . import bodies, s3_multipart, s3_signature
from .calls import Answer, Call, Routes
from .errors import Refused, Xml
from .listing import page
from .s3_call import BUCKET, COPIES, META, bucket_of, described, kept_body, object_in, read_xml, source_of, unchanged, understood
from .s3_multipart import XMLNS
from .store import Record, Store

routes = Routes("/objects")

LISTED = 1000                   # keys of one page, and of one removal
LIST_QUERIES = ("list-type", "prefix", "delimiter", "max-keys", "marker", "continuation-token", "start-after", "encoding-type", "location")
READ = ("if-match", "if-none-match")


def authenticate(store: Store, call: Call) -> None:
    """403 and a name unless the request is signed by a credential of Object Storage. Swift's clients ask at this very address, without a
    signature, what it can do; NHN documents no such call."""
    if call.request.path == "/objects/info" and "Authorization" not in call.request.headers:
        raise Refused(404, "The resource could not be found.", "NoSuchBucket")
    s3_signature.check(call.request, store.s3_credentials, world.NHN_REGION, store.now())


@routes.on("GET", "/")
def list_buckets(call: Call) -> Answer:
    understood(call)
    names = sorted(name for name in bodies.containers(call.store) if BUCKET.fullmatch(name))
    told = "".join(f"<Bucket><Name>{name}</Name><CreationDate>{call.store.zulu()}</CreationDate></Bucket>" for name in names)
    owner = call.store.settings.credentials.object_tenant_id
    return Xml(f"<ListAllMyBucketsResult {XMLNS}><Owner><ID>{owner}</ID></Owner><Buckets>{told}</Buckets></ListAllMyBucketsResult>")


@routes.on("PUT", "/<container>")
def create_bucket(call: Call) -> Answer:
    understood(call)
    name = call.path["container"]
    if call.request.content_length and (told := read_xml(call).findtext("LocationConstraint")) not in (None, world.NHN_REGION):
        raise Refused(400, f"The specified location-constraint {told} is not valid", "InvalidLocationConstraint")
    if not BUCKET.fullmatch(name):
        raise Refused(400, "The specified bucket is not valid.", "InvalidBucketName")
    if name in call.store.containers:
        raise Refused(409, "Your previous request to create the named bucket succeeded and you already own it.", "BucketAlreadyOwnedByYou")
    call.store.containers[name] = bodies.new_container("Standard")
    return Response(status=200, headers={"Location": f"/{name}"})


@routes.on("HEAD", "/<container>")
def bucket_info(call: Call) -> Answer:
    understood(call)
    bucket_of(call)
    return Response(status=200, headers={"x-amz-bucket-region": world.NHN_REGION})


@routes.on("DELETE", "/<container>")
def delete_bucket(call: Call) -> Answer:
    understood(call)
    if bucket_of(call)["objects"]:
        raise Refused(409, "The bucket you tried to delete is not empty.", "BucketNotEmpty")
    del call.store.containers[call.path["container"]]
    return 204, None


@routes.on("GET", "/<container>")
def list_bucket(call: Call) -> Answer:
    """ListObjects and, with list-type=2, ListObjectsV2. Keys are encoded when that is asked for."""
    asked = call.request.args
    if "uploads" in asked:
        return s3_multipart.list_uploads(call)
    understood(call, LIST_QUERIES)
    bucket = bucket_of(call)
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


@routes.on("POST", "/<container>")
def delete_s3_objects(call: Call) -> Answer:
    """Many at once; one that was not there is removed as well."""
    understood(call, ("delete",))
    if "delete" not in call.request.args:
        raise Refused(405, "The specified method is not allowed against this resource.", "MethodNotAllowed")
    bucket, asked = bucket_of(call), read_xml(call)
    keys = [each.findtext("Key", "") for each in asked.iter("Object")]
    if not 1 <= len(keys) <= LISTED or any(each.find("VersionId") is not None or each.find("ETag") is not None for each in asked.iter("Object")):
        raise Refused(400, f"There are 1 to {LISTED} keys, without versions and conditions.", "MalformedXML")
    for key in keys:
        if key in bucket["objects"]:
            bodies.remove(bucket, key)
    quiet = asked.findtext("Quiet", "").lower() == "true"
    told = "" if quiet else "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
    return Xml(f"<DeleteResult {XMLNS}>{told}</DeleteResult>")


@routes.on("PUT", "/<container>/<path:object>")
def put_s3_object(call: Call) -> Answer:
    """Whole or not at all: a body that is not the one that was signed leaves what was there before."""
    if "uploadId" in call.request.args:
        return s3_multipart.put_part(call)
    if "X-Amz-Copy-Source" in call.request.headers:
        return _copy(call)
    understood(call, meta=True)
    bucket = bucket_of(call)
    entry = {**kept_body(call), **described(call)}
    bodies.place(bucket, call.path["object"], entry)
    return Response(status=200, headers={"ETag": f'"{entry["etag"]}"'})


@routes.on("POST", "/<container>/<path:object>")
def upload_in_parts(call: Call) -> Answer:
    if "uploads" in call.request.args:
        return s3_multipart.begin(call)
    if "uploadId" in call.request.args:
        return s3_multipart.complete(call)
    understood(call)
    raise Refused(405, "The specified method is not allowed against this resource.", "MethodNotAllowed")


@routes.on("HEAD", "/<container>/<path:object>")
def s3_object_info(call: Call) -> Answer:
    return _shown(call)


@routes.on("GET", "/<container>/<path:object>")
def get_s3_object(call: Call) -> Answer:
    if "uploadId" in call.request.args:
        return s3_multipart.list_parts(call)
    return _shown(call)


@routes.on("DELETE", "/<container>/<path:object>")
def delete_s3_object(call: Call) -> Answer:
    """204 also when it was not there: S3 does not mind."""
    if "uploadId" in call.request.args:
        return s3_multipart.abort(call)
    understood(call)
    if call.path["object"] in (bucket := bucket_of(call))["objects"]:
        bodies.remove(bucket, call.path["object"])
    return 204, None


def _copy(call: Call) -> Answer:
    """A new object of what another holds, and of what that says about itself unless something else is to be said."""
    understood(call, headers=(*COPIES, "x-amz-metadata-directive"), meta=True)
    bucket, before = bucket_of(call), source_of(call)
    anew = call.request.headers.get("X-Amz-Metadata-Directive", "COPY").upper()
    if anew not in ("COPY", "REPLACE"):
        raise Refused(400, "Unknown metadata directive.", "InvalidArgument")
    if anew == "COPY" and bucket["objects"].get(call.path["object"], {}).get("file") == before["file"]:
        raise Refused(400, "This copy request is illegal because it is trying to copy an object to itself without changing its metadata.",
                      "InvalidRequest")
    entry = bodies.keep(call.store, bodies.Joined(bodies.parts(call.store, before)))
    entry.update(described(call) if anew == "REPLACE" else {name: before[name] for name in ("type", "meta", "http")})
    bodies.place(bucket, call.path["object"], entry)
    return Xml(f"<CopyObjectResult {XMLNS}><LastModified>{entry['modified']}</LastModified><ETag>&quot;{entry['etag']}&quot;</ETag>"
               "</CopyObjectResult>")


def _shown(call: Call) -> Response:
    """An object, or with HEAD what is told about it, unless the reader has it already."""
    understood(call, headers=READ)
    entry = object_in(bucket_of(call), call.path["object"])
    found = bodies.parts(call.store, entry)
    told = _as_s3(bodies.told(entry, found), entry)
    if unchanged(call, told.headers["ETag"].strip('"')):
        return Response(status=304, headers={"ETag": told.headers["ETag"]})
    if call.request.method == "HEAD":
        return told
    return _as_s3(bodies.sent(entry, found, call.request.headers.get("Range", "")), entry)


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
