# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a request is called in the journal, whether it counts as a write, and which faults hit it."""

from __future__ import annotations

import io
import json

import pytest

from lab.aws.actions import classify, is_data_plane
from lab.aws.faults import Faults


def request(service, method="POST", path="/", body="", **headers):
    scope = f"AWS4-HMAC-SHA256 Credential=KEY/20260101/ap-northeast-2/{service}/aws4_request, SignedHeaders=host, Signature=0" if service else ""
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_AUTHORIZATION": scope, "wsgi.input": io.BytesIO(body.encode()),
            "CONTENT_LENGTH": str(len(body)), **headers}


FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(("environ", "action"), [
    (request("ec2", body="Action=DescribeVpcs&Version=1", **FORM), ("ec2:DescribeVpcs", False)),
    (request("ec2", body="Version=1&Action=CreateVpc", **FORM), ("ec2:CreateVpc", True)),
    (request("rds", body="Action=ListTagsForResource", **FORM), ("rds:ListTagsForResource", False)),
    (request("sts", body="Action=GetCallerIdentity", **FORM), ("sts:GetCallerIdentity", False)),
    (request("wafv2", HTTP_X_AMZ_TARGET="AWSWAF_20190729.ListWebACLs"), ("wafv2:ListWebACLs", False)),
    (request("wafv2", HTTP_X_AMZ_TARGET="AWSWAF_20190729.CreateWebACL"), ("wafv2:CreateWebACL", True)),
    (request("route53", "GET", "/2013-04-01/hostedzone"), ("route53:ListHostedZones", False)),
    (request("route53", "POST", "/2013-04-01/healthcheck"), ("route53:CreateHealthCheck", True)),
    (request("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/"), ("route53:ChangeResourceRecordSets", True)),
    (request("route53", "POST", "/2013-04-01/nothing/such"), ("route53:POST", True)),
    (request("s3", "GET", "/"), ("s3:ListBuckets", False)),
    (request("s3", "GET", "/latch", QUERY_STRING="list-type=2&prefix=a"), ("s3:ListObjectsV2", False)),
    (request("s3", "GET", "/latch", QUERY_STRING="prefix=a"), ("s3:ListObjects", False)),
    (request("s3", "PUT", "/latch", QUERY_STRING="versioning"), ("s3:PutBucketVersioning", True)),
    (request("s3", "PUT", "/latch/a/b", QUERY_STRING="partNumber=1&uploadId=x"), ("s3:UploadPart", True)),
    (request("s3", "PUT", "/latch/a/b", HTTP_X_AMZ_COPY_SOURCE="/latch/c"), ("s3:CopyObject", True)),
    (request("s3", "POST", "/latch/a", QUERY_STRING="uploads"), ("s3:CreateMultipartUpload", True)),
    (request("s3", "HEAD", "/latch/taken-over"), ("s3:HeadObject", False)),
    (request("s3", "PUT", "/latch/taken-over"), ("s3:PutObject", True)),
    (request("", "GET", "/latch/taken-over"), ("s3:GetObject", False)),
])
def test_action_and_write(environ, action):
    assert classify(environ) == action


def test_the_body_is_left_for_the_application():
    environ = request("ec2", body="Action=CreateVpc", **FORM)
    classify(environ)
    assert environ["wsgi.input"].read() == b"Action=CreateVpc"


@pytest.mark.parametrize(("environ", "data"), [
    (request("s3", "PUT", "/latch/taken-over"), True),
    (request("", "GET", "/latch/taken-over"), True),
    (request("s3", "PUT", "/latch"), False),                     # the bucket itself is control plane
    (request("route53", "POST", "/2013-04-01/healthcheck"), False),
])
def test_only_objects_are_data_plane(environ, data):
    assert is_data_plane(environ) is data


@pytest.fixture
def ask(tmp_path):
    """(status, body) of a request while the given faults are in force."""
    def asking(environ, *faults):
        (tmp_path / "faults.json").write_text(json.dumps({name: {} for name in faults}))
        told = []

        def app(environ, start_response):
            start_response("200 OK", [])
            return [b"moto"]

        body = b"".join(Faults(app, tmp_path / "faults.json")(environ, lambda status, headers: told.append(status)))
        return told[0][:3], body

    return asking


@pytest.mark.parametrize(("environ", "faults", "status"), [
    (request("ec2"), (), "200"),
    (request("ec2"), ("nhn",), "200"),
    (request("ec2"), ("aws",), "503"),
    (request("ec2"), ("aws_control_plane",), "503"),
    (request("s3", "PUT", "/latch/taken-over"), ("aws_control_plane",), "200"),
    (request("s3", "PUT", "/latch/taken-over"), ("aws",), "503"),
    (request("", "PUT", "/_lab/observed"), ("aws",), "200"),
])
def test_who_is_away_during_which_fault(ask, environ, faults, status):
    assert ask(environ, *faults)[0] == status


def test_unavailable_is_told_in_the_protocol_of_the_request(ask):
    assert json.loads(ask(request("wafv2", HTTP_X_AMZ_TARGET="AWSWAF_20190729.ListWebACLs"), "aws")[1])["__type"] == "ServiceUnavailable"
    assert b"<Errors><Error><Code>ServiceUnavailable" in ask(request("ec2"), "aws")[1]
    assert b"<ErrorResponse><Error>" in ask(request("rds"), "aws")[1]
