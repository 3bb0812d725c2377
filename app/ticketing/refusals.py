# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every way in which the service says no: the status a program gets, and the word that both languages have a sentence for."""

from __future__ import annotations


class Refused(Exception):
    """Not done. `status`: of the answer; `code`: in {"error": code} and in the table of words; `retry`: seconds until asking again may help."""

    status = 400
    code = "invalid"
    retry: int | None = None


class GateClosed(Refused):
    """This site may not write now; nothing was acknowledged. The buyer tries again with the same key."""

    status, code, retry = 503, "gate_closed", 1


class StandbyAway(Refused):
    """The standby does not hold it, and the settings allow no lesser promise. The buyer tries again with the same key."""

    status, code, retry = 503, "standby_away", 1


class Busy(Refused):
    """Too many at once for this copy or this row. Nothing was done."""

    status, code, retry = 503, "busy", 2


class SeatTaken(Refused):
    """Somebody else has this seat."""

    status, code = 409, "seat_taken"


class SeatHeld(Refused):
    """Somebody else is about to buy this seat; it may come back when their time is over."""

    status, code = 409, "seat_held"


class NoSuchSeat(Refused):
    """The event or the seat does not exist."""

    status, code = 404, "no_such_seat"


class KeyReused(Refused):
    """The idempotency key was used before for something else."""

    status, code = 422, "key_reused"


class Cancelled(Refused):
    """What was bought under this key has been cancelled. A new wish needs a new key."""

    status, code = 409, "cancelled"


class NotOnSale(Refused):
    """The event's sale is closed."""

    status, code = 409, "not_on_sale"


class NotAdmitted(Refused):
    """This event has a waiting line, and it is not this visitor's turn."""

    status, code = 403, "not_admitted"


class LineFull(Refused):
    """The waiting line is as long as it may get."""

    status, code, retry = 503, "line_full", 30


class TooManyHolds(Refused):
    """As many seats are held for this account as one may hold."""

    status, code = 409, "too_many_holds"


class NoSuchHold(Refused):
    """Nothing is held for this account there."""

    status, code = 404, "no_such_hold"


class NoSuchTicket(Refused):
    """This account has no such ticket."""

    status, code = 404, "no_such_ticket"


class TooLate(Refused):
    """The event has begun; its tickets cannot be cancelled any more."""

    status, code = 409, "too_late"


class EmailTaken(Refused):
    """There is an account under this address."""

    status, code = 409, "email_taken"


class WrongPassword(Refused):
    """No account under this address has this password. Which of the two is wrong is not said."""

    status, code = 401, "wrong_password"


class LogInFirst(Refused):
    """Only for visitors who are logged in."""

    status, code = 401, "log_in_first"


class NotAllowed(Refused):
    """Only for those who run the site."""

    status, code = 403, "not_allowed"


class Forged(Refused):
    """The request did not come from a form of ours."""

    status, code = 403, "forged"


class TooFast(Refused):
    """More requests than the limit. `retry`: when its window ends."""

    status, code = 429, "too_fast"

    def __init__(self, retry: int) -> None:
        super().__init__()
        self.retry = retry
