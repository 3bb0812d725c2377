# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every call of the S3 side begins with: is all of it understood, which bucket or object is meant, does the body arrive as it was meant.

S3 would ignore some of what it does not know. Here a query or header that means something and is not acted on is answered 501.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import unquote
from xml.etree import ElementTree

from . import bodies, s3_signature
from .calls import Call
from .errors import Refused
from .store import Record

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")    # a container of another kind of name is invisible here
META = "x-amz-meta-"
CRC = "x-amz-checksum-crc32"
# Of how a request is signed and its body checked; every call takes these.
ALWAYS = ("x-amz-date", "x-amz-content-sha256", "x-amz-user-agent", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-algorithm",
          "x-amz-checksum-type", "x-amz-trailer", "x-amz-decoded-content-length", CRC)
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
UNKEPT = ("cache-control", "expires", "content-language")   # what an object would have to tell later
HTTP = ("Content-Encoding", "Content-Disposition")
COPIES = ("x-amz-copy-source", "x-amz-copy-source-if-match")
LIMIT = 5 * 1024**3                                         # bytes of one object, and of one part


def understood(call: Call, queries: Iterable[str] = (), headers: Iterable[str] = (), meta: bool = False) -> None:
    """501 for a query, a header of S3's own, or a condition that this call does not act on. meta: an object's own metadata are taken."""
    if unknown := sorted(set(call.request.args) - {*queries, "x-id"}):
        raise Refused(501, f"A query you provided implies functionality that is not implemented: {unknown[0]}", "NotImplemented")
    known = {*ALWAYS, *headers}
    for name in (name.lower() for name, _ in call.request.headers):
        kept = name in UNKEPT and call.request.method in ("PUT", "POST")
        if (name.startswith("x-amz-") or name in CONDITIONS or kept) and name not in known and not (meta and name.startswith(META)):
            raise Refused(501, f"A header you provided implies functionality that is not implemented: {name}", "NotImplemented")


def bucket_of(call: Call) -> Record:
    return held(call, call.path["container"])


def held(call: Call, name: str) -> Record:
    """A container that is a bucket."""
    if not BUCKET.fullmatch(name) or name not in bodies.containers(call.store):
        raise Refused(404, "The specified bucket does not exist.", "NoSuchBucket")
    return call.store.containers[name]


def object_in(bucket: Record, key: str) -> Record:
    if key not in bucket["objects"]:
        raise Refused(404, "The specified key does not exist.", "NoSuchKey")
    return dict(bucket["objects"][key])


def source_of(call: Call) -> Record:
    """The object that `x-amz-copy-source` names."""
    path, _, query = call.request.headers["X-Amz-Copy-Source"].partition("?")
    container, _, key = unquote(path).lstrip("/").partition("/")
    if query:
        raise Refused(501, "Copying of a version is not implemented.", "NotImplemented")
    if not key:
        raise Refused(400, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "InvalidArgument")
    found = object_in(held(call, container), key)
    etag = bodies.etag_of(bodies.parts(call.store, found)) if found["manifest"] or found["segments"] else found["etag"]
    if call.request.headers.get("X-Amz-Copy-Source-If-Match", etag).strip('"') != etag:
        raise Refused(412, "At least one of the pre-conditions you specified did not hold", "PreconditionFailed")
    return found


def kept_body(call: Call) -> Record:
    """The body as an entry that is nobody's yet; 400, and nothing kept, unless it is the one that was signed and has the sums sent along."""
    request = call.request
    body = s3_signature.body(request)
    watched = _Watched(body)
    entry = bodies.keep(call.store, watched)
    trailers = getattr(body, "trailers", {})
    crc, md5 = request.headers.get(CRC) or trailers.get(CRC), request.headers.get("Content-MD5")
    faults = [
        (s3_signature.signed_digest(request) not in (None, watched.sha256.hexdigest()), "XAmzContentSHA256Mismatch",
         "The provided 'x-amz-content-sha256' header does not match what was computed."),
        (md5 not in (None, base64.b64encode(bytes.fromhex(entry["etag"])).decode()), "BadDigest", "The Content-MD5 you specified did not match."),
        (crc not in (None, base64.b64encode(watched.crc.to_bytes(4, "big")).decode()), "BadDigest", "The CRC32 you specified did not match."),
        (entry["bytes"] > LIMIT, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")]
    for wrong, kind, words in faults:
        if wrong:
            bodies.forget(entry)
            raise Refused(400, words, kind)
    return entry


def described(call: Call) -> Record:
    """What is told about an object in the request that makes it."""
    request = call.request
    encodings = [part.strip() for part in request.headers.get("Content-Encoding", "").split(",")]
    http = {"Content-Encoding": ",".join(part for part in encodings if part and part != "aws-chunked"),
            "Content-Disposition": request.headers.get("Content-Disposition", "")}
    return {"type": request.mimetype or "binary/octet-stream", "http": {name: value for name, value in http.items() if value},
            "meta": {f"X-Object-Meta-{name[len(META):].title()}": value for name, value in request.headers if name.lower().startswith(META)}}


def read_xml(call: Call) -> ElementTree.Element:
    """The body as XML without its namespaces; its sums are looked at as those of an object."""
    entry = kept_body(call)
    try:
        root = ElementTree.fromstring(entry["file"].read_bytes())
    except ElementTree.ParseError as error:
        raise Refused(400, "The XML you provided was not well-formed or did not validate against our published schema.", "MalformedXML") from error
    finally:
        bodies.forget(entry)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def unchanged(call: Call, etag: str) -> bool:
    """Whether the reader has it already (304), by the conditions on an object's ETag; 412 when it is not the one that is wanted."""
    if (wanted := _etags(call, "If-Match")) and etag not in wanted and wanted != ["*"]:
        raise Refused(412, "At least one of the pre-conditions you specified did not hold", "PreconditionFailed")
    known = _etags(call, "If-None-Match")
    return etag in known or known == ["*"]


def _etags(call: Call, header: str) -> list[str]:
    return [each.strip().strip('"') for each in call.request.headers.get(header, "").split(",") if each.strip()]


class _Watched:
    """A body whose sums are taken while it is read."""

    def __init__(self, body: IO[bytes]) -> None:
        self.body, self.sha256, self.crc = body, hashlib.sha256(), 0

    def read(self, size: int) -> Any:
        block = self.body.read(size)
        self.sha256.update(block)
        self.crc = zlib.crc32(block, self.crc)
        return block
