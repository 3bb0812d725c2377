# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every word a visitor reads, in Korean and English. A test holds both languages to the same keys."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("ko", "en")

WORDS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "title": "티켓", "menu": "주 메뉴", "events": "공연", "event": "공연", "my_tickets": "내 티켓", "left": "남은 좌석", "sold_out": "매진", "sale_closed": "판매 종료",
        "choose": "좌석 선택", "no_events": "등록된 공연이 없습니다.", "seat": "좌석", "row": "열", "buyer": "예매자", "buy": "예매하기", "price": "가격", "won": "원",
        "taken": "판매됨", "held": "다른 분이 예매 중", "free": "예매 가능", "section": "구역", "rows": "열", "hold": "이 좌석 선택하기", "hold_log_in": "로그인하고 선택하기",
        "basket": "선택한 좌석", "basket_why": "아래 시간이 끝나기 전에 예매해 주세요. 시간이 지나면 다른 분이 예매할 수 있습니다.",
        "basket_empty": "선택한 좌석이 없습니다. 시간이 지난 좌석은 다시 고를 수 있습니다.", "kept_for": "남은 시간", "release": "선택 취소", "line": "대기열",
        "line_why": "이 공연은 찾는 분이 많아 온 순서대로 입장합니다. 줄을 서면 순서가 됐을 때 좌석을 고를 수 있습니다.", "join": "줄 서기", "join_log_in": "로그인하고 줄 서기",
        "ahead": "내 앞에 기다리는 사람", "wait": "예상 대기 시간", "line_keeps": "이 페이지를 닫아도 순서는 유지됩니다. 순서가 되면 좌석을 고르는 화면으로 바뀝니다.", "no_tickets": "예매한 티켓이 없습니다.",
        "bought": "예매가 완료되었습니다.", "ack_both_sites": "예매 내역이 두 센터에 모두 저장되었습니다.",
        "ack_local": "지금은 예매 내역이 한 센터에만 저장되어 있고, 다른 센터에도 이어서 저장됩니다.", "is_cancelled": "예매를 취소했습니다.", "ticket": "티켓 번호", "cancel": "예매 취소", "cancel_sure": "이 예매를 취소할까요?",
        "cancel_means": "취소하면 좌석은 바로 다른 분이 예매할 수 있습니다.", "cancel_yes": "네, 취소합니다", "cancel_no": "아니요, 그대로 둡니다", "log_in": "로그인", "log_out": "로그아웃",
        "sign_up": "회원 가입", "email": "이메일", "name": "이름", "password": "비밀번호", "password_rule": "10자 이상. 길수록 안전합니다.", "have_account": "이미 회원이신가요?",
        "no_account": "아직 회원이 아니신가요?", "bad_email": "이메일 주소를 확인해 주세요. 예: name@example.com", "bad_name": "이름을 입력해 주세요(100자까지).",
        "bad_password": "비밀번호는 10자 이상 200자까지이고, 이메일이나 이름과 달라야 합니다.", "email_taken": "이미 가입된 이메일입니다.", "wrong_password": "이메일이나 비밀번호가 맞지 않습니다.",
        "log_in_first": "로그인이 필요합니다.", "not_allowed": "운영자만 볼 수 있는 페이지입니다.", "served_by": "처리한 곳", "other_language": "English", "skip": "본문으로 건너뛰기",
        "problem": "알림", "retry": "다시 시도", "back": "공연 목록으로", "seat_taken": "방금 다른 분이 이 좌석을 예매했습니다. 다른 좌석을 골라 주세요.",
        "seat_held": "다른 분이 이 좌석을 예매하는 중입니다. 다른 좌석을 고르거나 잠시 후 다시 확인해 주세요.", "gate_closed": "잠시 예매를 받을 수 없습니다. 결제된 것은 없습니다. 곧 다시 시도해 주세요.",
        "standby_away": "예매 내역을 두 센터에 모두 저장할 수 없어 잠시 예매를 확정하지 못하고 있습니다. 곧 다시 시도해 주세요.",
        "busy": "접속이 많습니다. 잠시 후 다시 시도해 주세요.", "no_such_seat": "없는 공연이거나 없는 좌석입니다.", "key_reused": "이 요청 번호는 이미 다른 예매에 쓰였습니다.",
        "cancelled": "이 예매는 취소되었습니다. 다시 예매하려면 좌석을 새로 골라 주세요.", "not_on_sale": "이 공연은 지금 판매하지 않습니다.", "not_admitted": "아직 순서가 아닙니다. 먼저 줄을 서 주세요.",
        "line_full": "대기열이 가득 찼습니다. 잠시 후 다시 와 주세요.", "too_many_holds": "더 고를 수 없습니다. 선택한 좌석을 먼저 예매하거나 취소해 주세요.",
        "no_such_hold": "선택 시간이 이미 끝난 좌석입니다.", "no_such_ticket": "이런 티켓이 없습니다.", "too_late": "이미 시작한 공연은 취소할 수 없습니다.",
        "too_fast": "너무 많이 시도했습니다. 잠시 후 다시 시도해 주세요.", "forged": "이 화면이 오래되어 보낼 수 없습니다. 앞 화면을 새로 열고 다시 보내 주세요.", "too_long": "보낸 내용이 너무 깁니다.",
        "invalid": "입력한 내용을 확인해 주세요.", "not_found": "페이지를 찾을 수 없습니다.", "unavailable": "지금은 데이터베이스에 연결할 수 없습니다. 곧 다시 시도해 주세요.", "admin": "공연 관리",
        "new_event": "공연 등록", "change_event": "공연 수정", "save": "저장", "saved": "저장했습니다.", "starts_at": "시작", "sold": "판매", "on_sale": "판매 중",
        "yes": "예", "no": "아니요", "a_minute": "명/분", "bad_field": "이 항목을 확인해 주세요.", "field_name_ko": "공연 이름(한국어)", "field_name_en": "공연 이름(영어)",
        "field_venue_ko": "장소(한국어)", "field_venue_en": "장소(영어)", "field_starts_at": "시작(한국 시간)", "field_price_krw": "가격(원)", "field_rows": "열 수",
        "field_width": "열마다 좌석 수", "field_admit_per_minute": "대기열: 1분에 입장할 사람 수(비우면 대기열 없음)", "field_line_limit": "대기열에 설 수 있는 사람 수",
    },
    "en": {
        "title": "Tickets", "menu": "Main menu", "events": "Events", "event": "Event", "my_tickets": "My tickets", "left": "Seats left",
        "sold_out": "Sold out", "sale_closed": "Sale closed", "choose": "Choose a seat", "no_events": "No events are on.", "seat": "seat",
        "row": "Row", "buyer": "Buyer", "buy": "Buy", "price": "Price", "won": "KRW", "taken": "sold", "held": "being bought", "free": "free",
        "section": "Section", "rows": "rows", "hold": "Take this seat", "hold_log_in": "Log in and take it", "basket": "Chosen seats",
        "basket_why": "Buy before the time below is over. After that, others may have the seat.",
        "basket_empty": "You have chosen no seat. A seat whose time is over can be chosen again.", "kept_for": "Kept for", "release": "Let it go",
        "line": "Waiting line",
        "line_why": "Many want to see this, so visitors are let in in the order in which they come. Once it is your turn you choose your seat.",
        "join": "Join the line", "join_log_in": "Log in and join the line", "ahead": "People ahead of you:", "wait": "It is your turn in about",
        "line_keeps": "Your place is kept even if you close this page. When it is your turn, the seats appear here.",
        "no_tickets": "You have no tickets.", "bought": "Your seat is yours.",
        "ack_both_sites": "Both of our sites hold your purchase.", "ack_local": "For now one of our sites holds your purchase; the copy at the other one follows.",
        "is_cancelled": "The ticket is cancelled.", "ticket": "Ticket number",
        "cancel": "Cancel this ticket", "cancel_sure": "Cancel this ticket?", "cancel_means": "The seat is open to others at once.",
        "cancel_yes": "Yes, cancel it", "cancel_no": "No, keep it", "log_in": "Log in", "log_out": "Log out", "sign_up": "Sign up", "email": "Email",
        "name": "Name", "password": "Password", "password_rule": "10 characters or more. The longer, the safer.",
        "have_account": "You have an account?", "no_account": "No account yet?",
        "bad_email": "Please check the email address, such as name@example.com.", "bad_name": "Please enter a name of up to 100 characters.",
        "bad_password": "The password needs 10 to 200 characters and must not be your email or name.",
        "email_taken": "There is an account with this email already.", "wrong_password": "Email or password is wrong.",
        "log_in_first": "Please log in first.", "not_allowed": "This page is for those who run the site.", "served_by": "Served by",
        "other_language": "한국어", "skip": "Skip to the content", "problem": "Please note", "retry": "Try again", "back": "Back to all events",
        "seat_taken": "Somebody else has just bought this seat. Please choose another one.",
        "seat_held": "Somebody else is about to buy this seat. Please choose another one, or look again in a while.",
        "gate_closed": "Sales are paused for a moment. Nothing was charged. Please try again shortly.",
        "standby_away": "Your purchase cannot be stored at both of our sites right now, so it is not confirmed. Please try again shortly.",
        "busy": "There is a lot going on. Please try again shortly.", "no_such_seat": "There is no such event or seat.",
        "key_reused": "This request number was used for another purchase.",
        "cancelled": "This purchase was cancelled. To buy again, please choose the seat anew.", "not_on_sale": "This event is not on sale now.",
        "not_admitted": "It is not your turn yet. Please join the line first.", "line_full": "The waiting line is full. Please come back in a while.",
        "too_many_holds": "You cannot choose more. Please buy or let go of the seats you have chosen first.",
        "no_such_hold": "The time of this seat is over already.", "no_such_ticket": "There is no such ticket.",
        "too_late": "This event has begun, so the ticket cannot be cancelled.", "too_fast": "That was too often. Please try again in a while.",
        "forged": "This page is too old to be sent. Please open the page before it anew and send it again.", "too_long": "What was sent is too long.",
        "invalid": "Please check what you entered.", "not_found": "This page does not exist.",
        "unavailable": "The database cannot be reached right now. Please try again shortly.", "admin": "Run the site", "new_event": "New event",
        "change_event": "Change event", "save": "Save", "saved": "Saved.", "starts_at": "Starts", "sold": "Sold", "on_sale": "On sale", "yes": "yes",
        "no": "no", "a_minute": " a minute", "bad_field": "Please check this field.", "field_name_ko": "Name (Korean)",
        "field_name_en": "Name (English)", "field_venue_ko": "Venue (Korean)", "field_venue_en": "Venue (English)",
        "field_starts_at": "Starts (Korean time)", "field_price_krw": "Price (KRW)", "field_rows": "Rows", "field_width": "Seats in a row",
        "field_admit_per_minute": "Waiting line: let in per minute (empty: no line)", "field_line_limit": "How many may wait",
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
