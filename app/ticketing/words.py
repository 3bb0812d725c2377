# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every word a visitor reads, in Korean and English. A test holds both languages to the same keys."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("ko", "en")

WORDS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "title": "티켓", "events": "공연", "my_tickets": "내 티켓", "left": "남은 좌석", "sold_out": "매진", "choose": "좌석 선택",
        "seat": "좌석", "seats": "좌석", "buyer": "예매자 이름", "buy": "예매하기", "price": "가격", "won": "원", "taken": "판매됨", "free": "예매 가능",
        "section": "구역", "rows": "열", "find": "조회", "no_tickets": "이 이름으로 예매한 티켓이 없습니다.", "bought": "예매가 완료되었습니다.",
        "ticket": "티켓 번호", "served_by": "처리한 곳", "other_language": "English", "skip": "본문으로 건너뛰기",
        "seat_taken": "방금 다른 분이 이 좌석을 예매했습니다. 다른 좌석을 골라 주세요.",
        "gate_closed": "잠시 예매를 받을 수 없습니다. 결제된 것은 없습니다. 곧 다시 시도해 주세요.",
        "no_such_seat": "없는 공연이거나 없는 좌석입니다.", "key_reused": "이 요청 번호는 이미 다른 예매에 쓰였습니다.",
        "invalid": "입력한 내용을 확인해 주세요.", "not_found": "페이지를 찾을 수 없습니다.", "back": "공연 목록으로",
        "unavailable": "지금은 데이터베이스에 연결할 수 없습니다. 곧 다시 시도해 주세요.", "retry": "다시 시도",
    },
    "en": {
        "title": "Tickets", "events": "Events", "my_tickets": "My tickets", "left": "Seats left", "sold_out": "Sold out", "choose": "Choose a seat",
        "seat": "Seat", "seats": "seats", "buyer": "Name of the buyer", "buy": "Buy", "price": "Price", "won": "KRW", "taken": "sold", "free": "free",
        "section": "Section", "rows": "rows", "find": "Find", "no_tickets": "There are no tickets under this name.", "bought": "Your seat is yours.",
        "ticket": "Ticket number", "served_by": "Served by", "other_language": "한국어", "skip": "Skip to the content",
        "seat_taken": "Somebody else has just bought this seat. Please choose another one.",
        "gate_closed": "Sales are paused for a moment. Nothing was charged. Please try again shortly.",
        "no_such_seat": "There is no such event or seat.", "key_reused": "This request number was used for another purchase.",
        "invalid": "Please check what you entered.", "not_found": "This page does not exist.", "back": "Back to all events",
        "unavailable": "The database cannot be reached right now. Please try again shortly.", "retry": "Try again",
    },
}


def language(asked: str | None, cookie: str | None, accept: str | None) -> str:
    """The visitor's language: what the link asks for, else the cookie, else the browser's list, else Korean."""
    for wish in (asked, cookie):
        if wish in LANGUAGES:
            return str(wish)
    for part in (accept or "").split(","):
        wish = part.split(";")[0].strip().lower()[:2]
        if wish in LANGUAGES:
            return wish
    return "ko"
