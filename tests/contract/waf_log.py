# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.contract.waf_log GROUP` prints what the lab's account holds in the log of a web ACL, as a JSON list of its records."""

from __future__ import annotations

import json
import sys

import boto3

from lab import world
from lab.secrets import aws_keys

if __name__ == "__main__":
    logs = boto3.client("logs", region_name=world.AWS_REGION, endpoint_url=world.AWS_URL, **aws_keys())
    streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=sys.argv[1])["logStreams"]]
    events = [event for stream in streams for event in logs.get_log_events(logGroupName=sys.argv[1], logStreamName=stream)["events"]]
    print(json.dumps([json.loads(event["message"]) for event in events]))
