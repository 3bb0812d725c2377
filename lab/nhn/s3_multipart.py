# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that are uploaded to S3 in parts, and become one when they are completed. Nobody sees them before that; Swift then sees one body."""

from __future__ import annotations

import hashlib
import re
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from . import bodies
from .calls import Answer, Call
from .errors import Refused, Xml
from .s3_call import COPIES, bucket_of, described, kept_body, read_xml, source_of, understood
from .store import Record, new_id

XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
SMALLEST = 5 << 20          # bytes of a part that is not the last
MOST = 10_000               # parts


def begin(call: Call) -> Answer:
    understood(call, ("uploads",), meta=True)
    bucket_of(call)
    upload = new_id()
    call.store.s3_uploads[upload] = {"container": call.path["container"], "key": call.path["object"], "begun": call.store.zulu(), "parts": {},
                                     **described(call)}
    return Xml(f"<InitiateMultipartUploadResult {XMLNS}>{_which(call)}<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")


def put_part(call: Call) -> Answer:
    """A part, or what another object holds as one."""
    understood(call, ("uploadId", "partNumber"), (*COPIES, "x-amz-copy-source-range"))
    upload, number = _upload(call), call.request.args.get("partNumber", "")
    if not number.isdigit() or not 1 <= int(number) <= MOST:
        raise Refused(400, f"Part number must be an integer between 1 and {MOST}, inclusive", "InvalidArgument")
    copied = "X-Amz-Copy-Source" in call.request.headers
    entry = _copied(call) if copied else kept_body(call)
    if before := upload["parts"].get(int(number)):
        bodies.forget(before)
    upload["parts"][int(number)] = entry
    if copied:
        return Xml(f"<CopyPartResult {XMLNS}><LastModified>{entry['modified']}</LastModified><ETag>&quot;{entry['etag']}&quot;</ETag>"
                   "</CopyPartResult>")
    return Response(status=200, headers={"ETag": f'"{entry["etag"]}"'})


def complete(call: Call) -> Answer:
    """One object of the parts that are named, in their order; the others go."""
    understood(call, ("uploadId",))
    upload, bucket, asked = _upload(call), bucket_of(call), read_xml(call)
    named = [(int(part.findtext("PartNumber", "0")), part.findtext("ETag", "").strip('"')) for part in asked.iter("Part")]
    if not named:
        raise Refused(400, "You must specify at least one part", "MalformedXML")
    if [number for number, _ in named] != sorted({number for number, _ in named}):
        raise Refused(400, "The list of parts was not in ascending order.", "InvalidPartOrder")
    if any(number not in upload["parts"] or upload["parts"][number]["etag"] != etag for number, etag in named):
        raise Refused(400, "One or more of the specified parts could not be found, or the specified entity tag did not match.", "InvalidPart")
    found = [upload["parts"][number] for number, _ in named]
    if any(part["bytes"] < SMALLEST for part in found[:-1]):
        raise Refused(400, "Your proposed upload is smaller than the minimum allowed size", "EntityTooSmall")
    entry = bodies.keep(call.store, bodies.Joined(found))
    together = hashlib.md5(b"".join(bytes.fromhex(part["etag"]) for part in found), usedforsecurity=False).hexdigest()
    entry.update({name: upload[name] for name in ("type", "meta", "http")}, etag=f"{together}-{len(found)}")
    bodies.place(bucket, call.path["object"], entry)
    _forget(call)
    return Xml(f"<CompleteMultipartUploadResult {XMLNS}>{_which(call)}<ETag>&quot;{entry['etag']}&quot;</ETag></CompleteMultipartUploadResult>")


def abort(call: Call) -> Answer:
    understood(call, ("uploadId",))
    _upload(call)
    _forget(call)
    return 204, None


def list_parts(call: Call) -> Answer:
    understood(call, ("uploadId",))
    told = "".join(f"<Part><PartNumber>{number}</PartNumber><LastModified>{part['modified']}</LastModified><ETag>&quot;{part['etag']}&quot;</ETag>"
                   f"<Size>{part['bytes']}</Size></Part>" for number, part in sorted(_upload(call)["parts"].items()))
    return Xml(f"<ListPartsResult {XMLNS}>{_which(call)}<UploadId>{call.request.args['uploadId']}</UploadId><IsTruncated>false</IsTruncated>{told}"
               "</ListPartsResult>")


def list_uploads(call: Call) -> Answer:
    """All that are under way in a bucket, on one page."""
    understood(call, ("uploads", "encoding-type"))
    bucket_of(call)
    told = "".join(f"<Upload><Key>{escape(each['key'])}</Key><UploadId>{upload}</UploadId><Initiated>{each['begun']}</Initiated></Upload>"
                   for upload, each in call.store.s3_uploads.items() if each["container"] == call.path["container"])
    return Xml(f"<ListMultipartUploadsResult {XMLNS}><Bucket>{call.path['container']}</Bucket><IsTruncated>false</IsTruncated>{told}"
               "</ListMultipartUploadsResult>")


def _upload(call: Call) -> Record:
    found = call.store.s3_uploads.get(call.request.args["uploadId"])
    if not found or (found["container"], found["key"]) != (call.path["container"], call.path["object"]):
        raise Refused(404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
                      "NoSuchUpload")
    return found


def _forget(call: Call) -> None:
    for part in call.store.s3_uploads.pop(call.request.args["uploadId"])["parts"].values():
        bodies.forget(part)


def _copied(call: Call) -> Record:
    found = bodies.parts(call.store, source_of(call))
    total = sum(part["bytes"] for part in found)
    told = call.request.headers.get("X-Amz-Copy-Source-Range", f"bytes=0-{total - 1}")
    span = re.fullmatch(r"bytes=(\d+)-(\d+)", told)
    if not span or not int(span[1]) <= int(span[2]) < total:
        raise Refused(400, f"Range specified is not valid for source object of size: {total}", "InvalidArgument")
    return bodies.keep(call.store, bodies.Joined(found, int(span[1]), int(span[2])))


def _which(call: Call) -> str:
    return f"<Bucket>{call.path['container']}</Bucket><Key>{escape(call.path['object'])}</Key>"
