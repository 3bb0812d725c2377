# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told of a request that came to nothing: whether it may have done something is never a guess."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.errors import asking
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault, Refused, ReplyLost, Unreachable
from botocore.exceptions import BotoCoreError, EndpointConnectionError, ParamValidationError


@pytest.mark.parametrize(("error", "writes", "kind", "left"), [
    (EndpointConnectionError(endpoint_url="http://x"), True, ReplyLost, "Whether it was done is unknown"),
    (EndpointConnectionError(endpoint_url="http://x"), False, Unreachable, "Nothing was touched."),
    (ParamValidationError(report="Invalid range for parameter TTL, value: -5"), True, Refused, "Nothing was touched."),
    (ParamValidationError(report="Invalid range for parameter TTL, value: -5"), False, Refused, "Nothing was touched."),
])
def test_what_was_never_sent_is_not_called_unknown(error: BotoCoreError, writes: bool, kind: type[Fault], left: str) -> None:
    with pytest.raises(Fault) as told, asking("publish", "tickets.example.com", writes=writes):
        raise error
    assert type(told.value) is kind and left in str(told.value) and str(error) in str(told.value)
