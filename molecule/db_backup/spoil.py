# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happens to objects in the story, with the host's own log-in. argv[1]: spoil the newest dump, mend it from its version before, or list."""

import json
import sys
from pathlib import Path

import boto3

told = json.loads(Path("/etc/multicloud-dr/backup.json").read_text())["s3"]
bucket = told.pop("bucket")
s3 = boto3.client("s3", **told)
keys = sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="backups/").get("Contents", []))
if sys.argv[1] == "list":
    print(json.dumps([key.split("/")[1] for key in keys if key.endswith("manifest.json")]))
else:
    dump = [key for key in keys if key.endswith("logical.sql.gz.age")][-1]
    if sys.argv[1] == "spoil":
        body = bytearray(s3.get_object(Bucket=bucket, Key=dump)["Body"].read())
        body[-20] ^= 1
        s3.put_object(Bucket=bucket, Key=dump, Body=bytes(body))
    else:
        versions = [version for version in s3.list_object_versions(Bucket=bucket, Prefix=dump)["Versions"] if version["Key"] == dump]
        spoilt = next(version for version in versions if version["IsLatest"])
        s3.delete_object(Bucket=bucket, Key=dump, VersionId=spoilt["VersionId"])
