# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts: signing up, logging in, and who somebody is. Passwords are kept as argon2id hashes only."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from ticketing.database import Database
from ticketing.models import User
from ticketing.refusals import Busy, EmailTaken, Refused, WrongPassword

# OWASP's argon2id for small machines: 19 MiB a log-in. Bounded, because a rush of log-ins must not take a copy's memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
AT_ONCE, PATIENCE = 3, 5.0
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
PASSWORD_LENGTHS = (10, 200)
NAME_LENGTH = 100


@dataclass(frozen=True)
class Account:
    """Who is logged in."""

    id: int
    uid: str
    email: str
    name: str
    is_admin: bool
    log_ins: int


def tidy_email(said: str) -> str:
    """An address as it is kept. Raises Refused where it is none; ASCII only, so that no two look alike."""
    email = said.strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise Refused("email")
    return email


def tidy_name(said: str) -> str:
    """A name as it is kept and printed. Raises Refused where nothing is left or a control character is in it."""
    name = " ".join(said.split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise Refused("name")
    return name


class Accounts:
    """Signing up and logging in."""

    def __init__(self, database: Database, hasher: PasswordHasher = HASHER) -> None:
        self._database, self._hasher = database, hasher
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = hasher.hash(uuid.uuid4().hex)    # checked where there is no account, so that the time it takes tells nothing

    def sign_up(self, email: str, name: str, password: str) -> Account:
        """A new account. Raises Refused (bad input), EmailTaken, Busy or GateClosed."""
        values = self._values(email, name, password)
        try:
            self._database.write(lambda connection, _reign: connection.execute(insert(User).values(values)))
        except IntegrityError:
            raise EmailTaken from None
        account = self.by_uid(values["uid"])
        assert account is not None
        return account

    def log_in(self, email: str, password: str) -> Account:
        """The account of this address and password. Reads only. Raises WrongPassword or Busy."""
        try:
            email = tidy_email(email)
        except Refused:
            email = ""
        with self._database.reading() as connection:
            row = connection.execute(select(User.__table__).where(User.email == email)).first()
        good = self._verify(row.password_hash if row else self._nobody, password)
        if row is None or not good:
            raise WrongPassword
        return _account(row)

    def by_uid(self, uid: str) -> Account | None:
        """The account a log-in names; None when this database has none."""
        with self._database.reading() as connection:
            row = connection.execute(select(User.__table__).where(User.uid == uid)).first()
        return _account(row) if row else None

    def make_admin(self, email: str, name: str, password: str) -> Account:
        """Whoever runs the site: a new account, or the one there is, with this password; every log-in of it is void."""
        values = {**self._values(email, name, password), "is_admin": True}

        def work(connection: Connection, _reign: object) -> Row:
            change = {"name": values["name"], "password_hash": values["password_hash"], "is_admin": True, "log_ins": User.log_ins + 1}
            if not connection.execute(update(User).where(User.email == values["email"]).values(change)).rowcount:
                connection.execute(insert(User).values(values))
            return connection.execute(select(User.__table__).where(User.email == values["email"])).one()

        return _account(self._database.write(work).value)

    def _values(self, email: str, name: str, password: str) -> dict[str, str]:
        email, name = tidy_email(email), tidy_name(name)
        if not PASSWORD_LENGTHS[0] <= len(password) <= PASSWORD_LENGTHS[1] or password.lower() in (email, name.lower()):
            raise Refused("password")
        with self._hashing():
            return {"uid": str(uuid.uuid4()), "email": email, "name": name, "password_hash": self._hasher.hash(password.encode("utf-8", "replace"))}

    def _verify(self, known: str, password: str) -> bool:
        if len(password) > PASSWORD_LENGTHS[1]:
            return False
        with self._hashing():
            try:
                return self._hasher.verify(known, password.encode("utf-8", "replace"))
            except (VerificationError, InvalidHashError):
                return False

    def _hashing(self) -> _Room:
        return _Room(self._room)


class _Room:
    """A place among the few that hash at once. Raises Busy after some patience."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        self._room = room

    def __enter__(self) -> None:
        if not self._room.acquire(timeout=PATIENCE):
            raise Busy

    def __exit__(self, *_: object) -> None:
        self._room.release()


def _account(row: Row) -> Account:
    return Account(id=row.id, uid=row.uid, email=row.email, name=row.name, is_admin=bool(row.is_admin), log_ins=row.log_ins)
