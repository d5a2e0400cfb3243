"""The doors of an export: who asks, who fetches, and what cuts a download off."""

import io
import time
import zipfile
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, hold, restrict
from customers.actions.keys import create_api_key
from customers.models import Hold, Member, Role, Scope, Target, User
from privacy.cases.steps import check_identity, open_case
from privacy.exports.archive import RECHECK, Archive, Broken
from privacy.exports.ask import (
    MOST_OWN,
    NoSuchThing,
    TooMany,
    ask_for_export,
    ask_on_behalf,
    throw_away,
)
from privacy.exports.blobs import STEP
from privacy.exports.collect import collect
from privacy.exports.download import download, still_allowed
from privacy.exports.notice import tell
from privacy.exports.readers import exports_of
from privacy.models import Case, CaseKind, CaseState, Export, ExportState
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.errors import RootUnreachable
from tests import cast
from tests.conformance.planted import everything_of, found_in, plant
from tests.privacy.test_exports import (
    ACCOUNT,
    archive,
    asked,
    collected,
    confirmed,
    everything,
    records,
)

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)


def address(name: str, export: Export, *more: Any) -> str:
    return reverse(f"privacy:{name}", args=[export.customer.number, export.id, *more])


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_download_needs_the_password_of_the_last_minutes(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = collected(anna)
    client = sign_in(anna.administrator)
    part = address("export_part", export, 1)
    refused = client.get(part)
    assert refused.status_code == 302
    assert refused.headers["Location"].startswith(reverse("account_reauthenticate"))
    confirmed(client)
    assert client.get(part).status_code == 200
    later = time.time() + 5 * 60 + 1
    monkeypatch.setattr("allauth.account.internal.flows.reauthentication.time.time", lambda: later)
    assert client.get(part).status_code == 302
    fetched = AuditEntry.objects.filter(verb="export.downloaded", object_id=export.id)
    assert [entry.actor_id for entry in fetched] == [anna.administrator.id]


def test_a_head_request_fetches_nothing_and_leaves_no_trace(anna: cast.House, sign_in: Any) -> None:
    export = collected(anna)
    client = confirmed(sign_in(anna.administrator))
    assert client.head(address("export_part", export, 1)).status_code == 200
    assert not AuditEntry.objects.filter(verb="export.downloaded").exists()


@pytest.mark.parametrize("part", [0, 2, 99])
def test_there_is_no_part_that_the_export_has_not(
    anna: cast.House, sign_in: Any, part: int
) -> None:
    export = collected(anna)
    client = confirmed(sign_in(anna.administrator))
    assert client.get(address("export_part", export, part)).status_code == 404


def test_an_export_that_is_not_ready_cannot_be_fetched(anna: cast.House, sign_in: Any) -> None:
    export = asked(anna)
    client = confirmed(sign_in(anna.administrator))
    assert client.get(address("export_part", export, 1)).status_code == 404
    page = client.get(address("export", export))
    assert address("export_part", export, 1) not in page.content.decode()


def test_bertil_and_cecilia_see_none_of_it(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    export = collected(anna)
    for who in (anna.member, anna.reader, cecilia.administrator):
        client = confirmed(sign_in(who))
        for name, more in (("export", ()), ("export_part", (1,)), ("export_delete", ())):
            assert client.get(address(name, export, *more)).status_code == 404
    client = confirmed(sign_in(cecilia.administrator))
    own = reverse("privacy:export_part", args=[cecilia.customer.number, export.id, 1])
    assert client.get(own).status_code == 404


def test_a_restricted_customer_still_exports(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna)
    by, at = anna.administrator, database_now()
    restrict(anna.customer, ACCOUNT, reason="Bestrids", keeps=False, by=by, at=at)
    client = sign_in(anna.administrator)
    number = anna.customer.number
    assert client.get(reverse("recordings:list", args=[number])).status_code == 403
    assert client.get(reverse("privacy:exports", args=[number])).status_code == 200
    client.post(reverse("privacy:export_ask", args=[number]), {"about": "customer"})
    export = Export.objects.select_related("customer").get(customer=anna.customer)
    assert collect(export.id) == ExportState.READY
    response = confirmed(client).get(address("export_part", export, 1))
    found = zipfile.ZipFile(io.BytesIO(body_of(response)))
    assert [each["id"] for each in records(found, "recordings.Recording")] == [str(call.id)]


def test_a_download_is_cut_off_when_the_export_is_thrown_away(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        cast.call_of(anna, audio=cast.tone(20))
    monkeypatch.setattr("privacy.exports.collect.HEAVY_ROWS", 1)
    export = collected(anna)
    stream = download(export, 1, by=anna.administrator, at=database_now())
    assert next(stream)
    assert throw_away(export, by=anna.administrator) == 1
    with pytest.raises(Broken):
        list(stream)


def test_who_is_administrator_no_more_downloads_no_more(anna: cast.House) -> None:
    export = collected(anna)
    assert still_allowed(export, anna.administrator)
    Member._base_manager.filter(id=anna.administrator.id).update(role=Role.READER)
    assert not still_allowed(export, anna.administrator)
    with pytest.raises(Broken):
        list(download(export, 1, by=anna.administrator, at=database_now()))


def test_a_vault_that_is_away_cuts_the_archive_rather_than_end_it_well(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)
    export = collected(anna)

    def away(*args: Any) -> Any:
        raise RootUnreachable("away")

    monkeypatch.setattr("privacy.exports.archive.facts_of", away)
    with pytest.raises(Broken):
        list(Archive(export, 1, allowed=lambda: True))


def test_an_export_is_thrown_away_by_hand_after_a_question(anna: cast.House, sign_in: Any) -> None:
    export = collected(anna)
    client = sign_in(anna.administrator)
    assert client.get(address("export_delete", export)).status_code == 200
    assert Export.objects.filter(id=export.id).exists()
    client.post(address("export_delete", export))
    assert not Export.objects.filter(id=export.id).exists()
    assert client.get(address("export", export)).status_code == 404


@pytest.mark.parametrize(
    ("written", "stored"),
    [("070-174 06 66", cast.PLANTED_NUMBER), (cast.PLANTED_EMAIL, cast.PLANTED_EMAIL)],
)
def test_a_caller_is_asked_about_as_people_write_it(
    anna: cast.House, sign_in: Any, written: str, stored: str
) -> None:
    client = sign_in(anna.administrator)
    ask = reverse("privacy:export_ask", args=[anna.customer.number])
    client.post(ask, {"about": "caller", "caller": written})
    assert Export.objects.get(customer=anna.customer).caller == stored


@pytest.mark.parametrize(
    "answers",
    [
        {}, {"about": "caller"}, {"about": "caller", "caller": "hemligt"},
        {"about": "caller", "caller": "inget nummer"}, {"about": "member:x"},
        {"about": "customer", "kind": "erasure"}, {"about": "customer", "language": "xx"},
    ],
)  # fmt: skip
def test_a_form_that_says_too_little_asks_for_nothing(
    anna: cast.House, sign_in: Any, answers: dict[str, str]
) -> None:
    ask = reverse("privacy:export_ask", args=[anna.customer.number])
    page = sign_in(anna.administrator).post(ask, answers)
    assert page.status_code == 200
    assert not Export.objects.exists()


def by_key(secret: str) -> Client:
    return Client(headers={"X-Forwarded-Proto": "https", "Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize(("said", "language"), [({}, "sv"), ({"language": "en"}, "en")])
def test_an_export_by_a_key_is_in_the_customers_language_if_no_other_is_said(
    anna: cast.House, said: dict[str, str], language: str
) -> None:
    asked = {"about": "customer"} | said
    by_key(anna.secret).post(reverse("api:export-list"), asked, content_type="application/json")
    assert Export.objects.get(customer=anna.customer).language == language


def test_a_key_asks_and_follows_and_fetches_nothing(anna: cast.House) -> None:
    client = by_key(anna.secret)
    again = {"about": "caller", "caller_number": "070-174 06 66"}
    answers = [
        client.post(
            reverse("api:export-list"), again, content_type="application/json",
            headers={"Idempotency-Key": "en-gang"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    export = Export.objects.get(customer=anna.customer)
    assert export.caller == cast.PLANTED_NUMBER
    collect(export.id)
    shown = client.get(answers[0].headers["Location"]).json()
    assert (shown["state"], shown["about"]) == ("ready", "caller")
    assert client.get(reverse("api:export-list")).json()["results"] == [shown]
    assert client.get(address("export_part", export, 1)).status_code == 302


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"about": "caller"}, 400), ({"about": "customer", "caller_number": "0701740666"}, 400),
        (
            {"about": "caller", "caller_number": "0701740666", "caller_email": "z@x.example"}, 400,
        ),
        ({"about": "member"}, 400), ({"about": "record"}, 400),
        ({"about": "customer", "x": 1}, 400),
        ({"about": "staff", "id": "00000000-0000-7000-8000-000000000000"}, 404),
    ],
)  # fmt: skip
def test_the_api_refuses_what_is_half_said(
    anna: cast.House, body: dict[str, Any], status: int
) -> None:
    answer = by_key(anna.secret).post(
        reverse("api:export-list"), body, content_type="application/json"
    )
    assert answer.status_code == status
    assert not Export.objects.exists()


def test_a_platform_key_asks_for_nobodys_export(anna: cast.House) -> None:
    _, secret = create_api_key(
        None, label="Växel", scopes=Scope.values, days=1, by=SYSTEM, at=database_now()
    )
    answer = by_key(secret).post(
        reverse("api:export-list"), {"about": "customer"}, content_type="application/json",
        headers={"Smartsvar-Customer": str(anna.customer.number)},
    )  # fmt: skip
    assert answer.status_code == 403
    assert not Export.objects.exists()


def test_sven_asks_for_who_was_identified_and_sees_no_content(
    anna: cast.House, sven: User, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    planted = plant(anna)
    by, at = anna.administrator, database_now()
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    client = sign_in(sven)
    ask = reverse("admin:privacy_export_ask")
    assert client.post(ask, {"case": case.number}).status_code == 200  # who is it?
    assert not Export.objects.filter(case=case).exists()
    check_identity(case, "ringde upp", by=sven, at=at)
    answer = client.post(ask, {"case": case.number})
    export = Export.objects.select_related("customer").get(case=case)
    assert (export.case_id, export.caller, export.asked_by) == (
        case.id, cast.PLANTED_NUMBER, sven.id,
    )  # fmt: skip
    assert collect(export.id) == ExportState.READY
    for page in (answer.headers["Location"], reverse("admin:privacy_export_changelist")):
        shown = everything_of(client.get(page))
        assert found_in(shown, planted.audio) == []
    assert confirmed(client).get(address("export_part", export, 1)).status_code == 404


SECRET = "Chefen lyssnar på mina samtal"


def ruts_request(anna: cast.House, kind: CaseKind = CaseKind.ACCESS) -> Case:
    """What Rut asks about herself, which is between her and support."""
    me = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)
    return open_case(anna.customer, kind, me, by=anna.reader, at=database_now(), wish=SECRET)


def ruts_export(anna: cast.House, sven: User) -> Export:
    case = ruts_request(anna)
    check_identity(case, "inloggad", by=sven, at=database_now())
    export = ask_on_behalf(case, by=sven, at=database_now())
    assert collect(export.id) == ExportState.READY
    found: Export = Export.objects.select_related("customer").get(id=export.id)
    return found


def test_what_rut_asks_about_herself_is_in_no_export_of_annas(anna: cast.House, sven: User) -> None:
    ruts = ruts_export(anna, sven)
    rut = About(target=Target.MEMBER, object_id=anna.reader.id)
    for about in (ACCOUNT, rut):
        found = archive(collected(anna, about))
        assert SECRET.encode() not in everything(found)
        for label in ("privacy.Case", "privacy.Export"):
            given = records(found, label) + records(found, label, mention=True)
            assert not {str(ruts.id), str(ruts.case_id)} & {each["id"] for each in given}
    with pytest.raises(NoSuchThing):
        asked(anna, About(
            target=Target.RECORD, object_model="privacy.Case", object_id=ruts.case_id
        ))  # fmt: skip


def test_rut_alone_lists_and_fetches_what_she_asked_for(
    anna: cast.House, sven: User, sign_in: Any
) -> None:
    export = ruts_export(anna, sven)
    listed = reverse("privacy:exports", args=[anna.customer.number])
    for who in (anna.administrator, anna.member):
        client = confirmed(sign_in(who))
        assert str(export.id) not in client.get(listed).content.decode()
        for name, more in (("export", ()), ("export_part", (1,)), ("export_delete", ())):
            assert client.get(address(name, export, *more)).status_code == 404
        assert not still_allowed(export, who)
    shown = by_key(anna.secret).get(reverse("api:export-list")).json()
    assert shown["results"] == []
    client = confirmed(sign_in(anna.reader))
    assert str(export.id) in client.get(listed).content.decode()
    response = client.get(address("export_part", export, 1))
    found = zipfile.ZipFile(io.BytesIO(body_of(response)))
    assert [each["wish"] for each in records(found, "privacy.Case")] == [SECRET]


def test_the_mail_of_ruts_export_goes_to_rut(anna: cast.House, sven: User) -> None:
    export = ruts_export(anna, sven)
    mail.outbox.clear()
    assert tell(export.id) == ""
    assert [sent.to for sent in mail.outbox] == [[anna.reader.user.email]]


def test_anna_does_not_get_ruts_export_by_asking_for_the_same(anna: cast.House, sven: User) -> None:
    case = ruts_request(anna)
    check_identity(case, "inloggad", by=sven, at=database_now())
    ruts = ask_on_behalf(case, by=sven, at=database_now())
    about = About(target=Target.MEMBER, object_id=anna.reader.id)
    annas = asked(anna, about)
    assert annas.id != ruts.id
    assert exports_of(anna.administrator).get() == annas
    assert ask_on_behalf(case, by=sven, at=database_now()).id == ruts.id


def test_an_export_whose_request_is_gone_is_the_subjects_alone(
    anna: cast.House, sven: User
) -> None:
    export = ruts_export(anna, sven)
    Export.objects.filter(id=export.id).update(case=None)
    assert exports_of(anna.reader).get() == export
    assert not exports_of(anna.administrator).exists()


def test_a_caller_does_not_learn_what_rows_say_of_others(anna: cast.House) -> None:
    cast.message_of(anna, staff=anna.staff)
    by, at = anna.administrator, database_now()
    restrict(anna.customer, ZACHARIAS, reason="Otrevlig kund", keeps=True, by=by, at=at)
    hold(
        anna.customer, ZACHARIAS, kind=Hold.Kind.LEGAL, reason="Tvist om fakturan", ends_at=None,
        by=by, at=at,
    )  # fmt: skip
    open_case(
        anna.customer, CaseKind.OBJECTION, ZACHARIAS, by=anna.member, at=at, requester="Advokaten",
        contact="advokaten@byran.example", wish="Han ljuger",
    )  # fmt: skip
    others = (
        "Otrevlig", "Tvist om", "Advokaten", "advokaten@byran", "Han ljuger", anna.staff.email,
    )  # fmt: skip
    found = archive(collected(anna, ZACHARIAS))
    for label in ("customers.Restriction", "customers.Hold", "privacy.Case"):
        assert records(found, label), label
    assert len(records(found, "phone_messages.Delivery")) == 1
    told = everything(found).decode("utf-8", "replace")
    assert [text for text in others if text in told] == []
    whole = everything(archive(collected(anna))).decode("utf-8", "replace")
    assert [text for text in others if text not in whole] == []


def test_a_download_is_cut_off_within_a_sound_when_the_right_ends(anna: cast.House) -> None:
    cast.call_of(anna, audio=cast.tone(600))
    export = collected(anna)
    stream = download(export, 1, by=anna.administrator, at=database_now())
    sent = 0
    while sent < 256 * 1024:
        sent += len(next(stream))
    Member._base_manager.filter(id=anna.administrator.id).update(role=Role.READER)
    rest: list[int] = []
    with pytest.raises(Broken):
        rest.extend(len(piece) for piece in stream)
    assert sum(rest) <= RECHECK + 2 * STEP < export.size - sent


def test_who_fetches_slowly_is_cut_off_between_two_records_when_the_right_ends(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        cast.message_of(anna)
    monkeypatch.setattr("privacy.exports.archive.ENOUGH", 1)
    export = collected(anna)
    clock = iter(range(0, 10_000, 2))
    monkeypatch.setattr("privacy.exports.archive.monotonic", lambda: next(clock))
    allowed = iter([True, True])
    written = Archive(export, 1, allowed=lambda: next(allowed, False))
    with pytest.raises(Broken):
        list(written)
    assert sum(written.counts.values()) < 20


@pytest.mark.parametrize("who", ["member", "reader"])
def test_everybody_asks_for_and_fetches_what_is_about_oneself(
    anna: cast.House, sign_in: Any, who: str
) -> None:
    member: Member = getattr(anna, who)
    client = confirmed(sign_in(member))
    listed = reverse("privacy:exports", args=[anna.customer.number])
    ask = reverse("privacy:export_ask", args=[anna.customer.number])
    assert ask in client.get(listed).content.decode()
    client.post(ask, {"about": f"member:{member.id}"})
    export = Export.objects.get()
    assert (export.target, export.object_id) == ("member", member.id)
    assert collect(export.id) == ExportState.READY
    assert str(export.id) in client.get(listed).content.decode()
    body = body_of(client.get(address("export_part", export, 1)))
    given = records(zipfile.ZipFile(io.BytesIO(body)), Member._meta.label)
    assert [each["id"] for each in given] == [str(member.id)]
    assert Case.objects.get().state == CaseState.GRANTED
    others = confirmed(sign_in(anna.administrator))
    assert others.get(address("export", export)).status_code == 404


def test_about_anybody_else_only_administrators_ask(anna: cast.House, sign_in: Any) -> None:
    ask = reverse("privacy:export_ask", args=[anna.customer.number])
    wishes = [
        {"about": "customer"}, {"about": "caller", "caller": cast.PLANTED_NUMBER},
        {"about": f"member:{anna.administrator.id}"}, {"about": f"staff:{anna.staff.id}"},
    ]  # fmt: skip
    for who in (anna.member, anna.reader):
        client = sign_in(who)
        shown = client.get(ask).content.decode()
        assert anna.administrator.name not in shown
        assert anna.staff.name not in shown
        for wish in wishes:
            assert list(client.post(ask, wish).context["form"].errors) == ["about"]
    assert not Export.objects.exists()


def test_what_rut_asks_for_takes_no_place_of_annas(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.exports.ask.MOST", 1)
    rut = About(target=Target.MEMBER, object_id=anna.reader.id)

    def ruts() -> Export:
        at = database_now()
        return ask_for_export(anna.customer, rut, case=None, by=anna.reader, at=at)

    for _ in range(MOST_OWN):
        collect(ruts().id)
    with pytest.raises(TooMany):
        ruts()
    asked(anna)
    with pytest.raises(TooMany):
        asked(anna, ZACHARIAS)
