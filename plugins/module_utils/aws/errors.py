# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's refusals and silences as faults, with AWS's own words kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..absent import absent
from ..faults import Answer, Refused, ReplyLost, Unreachable

try:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
except ImportError:             # told by AnsibleAWSModule, which checks for boto3 before anything is asked of it
    BotoCoreError, ClientError, ParamValidationError = absent("boto3"), absent("boto3"), absent("boto3")


@contextmanager
def asking(doing: str, to: str = "", *, writes: bool = False, left: str = "Nothing was touched.") -> Iterator[None]:
    """Run one or more API calls. doing, to: as in Fault; writes: whether the call may have changed something.

    Raises Refused for AWS's no and for what its library refuses to send, ReplyLost for a write whose outcome is unknown, Unreachable for a read
    that got no answer.
    """
    try:
        yield
    except ClientError as error:
        meta, told = error.response.get("ResponseMetadata", {}), error.response.get("Error", {})
        status = meta.get("HTTPStatusCode")
        answer = Answer("AWS", status, told.get("Code", ""), told.get("Message", ""), meta.get("RequestId", ""))
        if status is None or status < 500:
            raise Refused(doing, to, answer=answer, left=left, then="Mend what AWS names, then run again.") from error
        raise _silent(writes)(doing, to, answer=answer, left=_after(writes, left), then="Run again.") from error
    except ParamValidationError as error:
        raise Refused(doing, to, answer=Answer("boto3", words=str(error)), left=left, then="Mend what it names, then run again.") from error
    except BotoCoreError as error:
        answer = Answer("AWS", words=str(error))
        raise _silent(writes)(doing, to, answer=answer, left=_after(writes, left),
                              then="Check the region, endpoint and credentials, then run again.") from error


def _silent(writes: bool) -> type[ReplyLost] | type[Unreachable]:
    return ReplyLost if writes else Unreachable


def _after(writes: bool, left: str) -> str:
    return "Whether it was done is unknown; the next run looks first." if writes else left
