# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log-ins, without a row to write or to read for each: a signed note that every copy at every site can check."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeTimedSerializer

from ticketing.accounts import Account, Accounts

COOKIE, VISITOR = "session", "visitor"
LIFETIME = 12 * 3600    # seconds a log-in is good for


class Sessions:
    """Giving out log-ins and knowing them again. `keys`: the newest first; the newest signs, all are believed."""

    def __init__(self, keys: Sequence[str], accounts: Accounts) -> None:
        self._accounts = accounts
        self._signer = URLSafeTimedSerializer(list(reversed(keys)), salt="ticketing.session", signer_kwargs={"digest_method": hashlib.sha256})

    def issue(self, account: Account) -> str:
        """A log-in, to be kept in a cookie or sent as a bearer's token."""
        return self._signer.dumps([account.uid, account.log_ins])

    def account(self, token: str) -> Account | None:
        """Whose log-in this is; None where it is forged, too old, void, or of an account that this database does not have."""
        try:
            uid, log_ins = self._signer.loads(token, max_age=LIFETIME)
        except (BadData, ValueError, TypeError):
            return None
        account = self._accounts.by_uid(str(uid))
        return account if account and account.log_ins == log_ins else None


def new_visitor() -> str:
    """A secret of one browser, kept in a cookie that no script and no other site can read."""
    return secrets.token_urlsafe(24)


def form_token(visitor: str) -> str:
    """What a form of ours carries to show that it is ours: derived from the browser's secret, so that no other site can know it."""
    return hmac.new(visitor.encode(), b"ticketing.form", hashlib.sha256).hexdigest()


def is_form_token(visitor: str, token: str) -> bool:
    """Does this token belong to this browser?"""
    return bool(visitor) and hmac.compare_digest(form_token(visitor).encode(), token.encode("utf-8", "replace"))
