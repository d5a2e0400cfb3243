"""Whose calls a member is shown, who administers, and what dies with a membership."""

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from customers.actions import absences
from customers.actions.invitations import invitations_of, invite
from customers.actions.members import (
    LastAdministrator,
    NotAllowed,
    change_role,
    change_sight,
    hand_over,
)
from customers.actions.staff import remove_staff
from customers.models import Absence, ApiKey, Invitation, Member, Role, Sees, StaffMember, User
from customers.tasks import send_account_mails
from messages.handling import add_note
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from tests import cast
from tests.at_once import at_once, on_postgres
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__")


def at(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(page, args=[house.customer.number, *ids])


def fresh(member: Member) -> Member:
    return Member.objects.get(id=member.id)


def test_anna_lets_bertil_see_his_own_calls_only(anna: cast.House, sign_in: Any) -> None:
    own = cast.call_of(anna, staff=anna.staff)
    cast.call_of(anna)
    path, client = at(anna, "customers:member_sight", anna.member.id), sign_in(anna.administrator)
    assert "Vad får" in client.get(path).content.decode()
    missing = client.post(path, {"sees": "own", "staff": ""}).content.decode()
    assert "annars är inga samtal personens egna" in missing
    assert fresh(anna.member).sees == Sees.ALL
    client.post(path, {"sees": "own", "staff": str(anna.staff.id)})
    assert list(Recording.objects.visible_to(fresh(anna.member))) == [own]
    assert AuditEntry.objects.filter(verb="member.sight_changed").count() == 1


DEEDS = {
    "customers.views.members.invite": (
        "customers:members",
        {"email": "ny@ankdamm.example", "name": "Ny", "role": "administrator", "sees": "all"},
    ),
    "customers.views.members.send_again": ("customers:invitation_send", {}),
    "customers.views.keys.create_api_key": (
        "customers:key_add", {"label": "Växel", "scopes": ["staff:read"], "days": "90"},
    ),
    "customers.views.members.remove_member": ("customers:member_remove", {}),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_who_lost_the_right_since_the_page_was_asked_for_decides_nothing(
    deed: str, anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, body = DEEDS[deed]
    real, client = import_string(deed), sign_in(anna.administrator)
    old = database_now() - timedelta(hours=1)
    open_one = invite(
        anna.customer, email="x@ny.example", name="X", role="reader", by=anna.administrator, at=old
    )
    Invitation.objects.update(sent_at=old)
    ids = {
        "customers:invitation_send": [open_one.pk], "customers:member_remove": [anna.reader.pk],
    }  # fmt: skip
    before = things(anna)

    def demoted_first(*args: Any, **facts: Any) -> Any:
        Member._base_manager.filter(id=anna.administrator.id).update(role=Role.READER)
        return real(*args, **facts)

    monkeypatch.setattr(deed, demoted_first)
    assert client.post(at(anna, page, *ids.get(page, [])), body).status_code == 403
    assert things(anna) == before


def things(house: cast.House) -> list[Any]:
    """Who is in, who is invited by which link, and which keys there are."""
    return [
        set(Member.objects.of(house.customer).values_list("id", flat=True)),
        set(Invitation.objects.of(house.customer).values_list("id", "token_hash")),
        set(ApiKey.objects.filter(customer=house.customer).values_list("id", flat=True)),
    ]


@pytest.mark.parametrize(
    "body",
    [{"sees": "everything"}, {"sees": "own", "staff": "x" * 100_000}, {"staff": "\u202e"}, {}],
)
def test_what_makes_no_sense_is_said_so(body: Any, anna: cast.House, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    answer = client.post(at(anna, "customers:member_sight", anna.member.id), body)
    assert answer.status_code == 200
    assert fresh(anna.member).sees == Sees.ALL


def test_nobody_of_another_house_is_chosen(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    body = {"sees": "own", "staff": str(cecilia.staff.id)}
    path = at(anna, "customers:member_sight", anna.member.id)
    assert sign_in(anna.administrator).post(path, body).status_code == 200
    assert fresh(anna.member).staff_id is None


def test_who_leaves_the_register_is_shown_nothing_any_more(anna: cast.House) -> None:
    cast.call_of(anna, staff=anna.staff)
    by, now = anna.administrator, database_now()
    change_sight(anna.member, sees=Sees.OWN, staff=anna.staff, by=by, at=now)
    remove_staff(anna.staff, by=by)
    bertil = fresh(anna.member)
    assert (bertil.sees, bertil.staff_id) == (Sees.OWN, None)
    assert not Recording.objects.visible_to(bertil).exists()


def test_an_invitation_says_it_from_the_start(
    anna: cast.House, sign_in: Any, client: Client
) -> None:
    body = {
        "email": "nina@ankdamm.example", "name": "Nina", "role": "reader", "sees": "own",
        "staff": str(anna.staff.id),
    }  # fmt: skip
    sign_in(anna.administrator).post(at(anna, "customers:members"), body)
    [invitation] = [each for each in invitations_of(anna.customer) if each.name == "Nina"]
    link = reverse("customers:accept_invitation", args=[invitation.token])
    client.post(link, {"name": "Nina", "password": cast.PASSWORD, "again": cast.PASSWORD})
    nina = Member.objects.get(user__email="nina@ankdamm.example")
    assert (nina.sees, nina.staff_id) == (Sees.OWN, anna.staff.id)


def test_the_last_administrator_hands_over_in_one_step(anna: cast.House, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    path = at(anna, "customers:member_hand_over", anna.member.id)
    assert "Du blir genast medlem" in client.get(path).content.decode()
    assert client.post(path).status_code == 302
    roles = [fresh(each).role for each in (anna.administrator, anna.member)]
    assert roles == [Role.MEMBER, Role.ADMINISTRATOR]
    assert client.get(at(anna, "customers:members")).status_code == 403
    assert client.post(path).status_code == 403


def test_nobody_hands_over_to_itself_or_to_another_house(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    client = sign_in(anna.administrator)
    for other in (anna.administrator, cecilia.member):
        assert client.post(at(anna, "customers:member_hand_over", other.id)).status_code == 404
        with pytest.raises(NotAllowed):
            hand_over(other, by=anna.administrator, at=database_now())
    assert fresh(cecilia.member).role == Role.MEMBER


def test_who_was_an_administrator_when_the_page_was_asked_for_decides_nothing(
    anna: cast.House,
) -> None:
    """Anna and Bertil end each other's role at once: one is first, and the other's says no."""
    now = database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=anna.administrator, at=now)
    stale_anna, stale_bertil = fresh(anna.administrator), fresh(anna.member)
    change_role(fresh(anna.member), Role.MEMBER, by=stale_anna, at=now)
    with pytest.raises(NotAllowed):
        change_role(fresh(anna.administrator), Role.MEMBER, by=stale_bertil, at=now)
    with pytest.raises(NotAllowed):
        hand_over(fresh(anna.reader), by=stale_bertil, at=now)
    with pytest.raises(NotAllowed):
        change_sight(anna.reader, sees=Sees.OWN, staff=None, by=stale_bertil, at=now)
    with pytest.raises(LastAdministrator):
        change_role(fresh(anna.administrator), Role.MEMBER, by=stale_anna, at=now)


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_two_administrators_who_end_each_others_role_leave_one(anna: cast.House) -> None:
    now = database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=anna.administrator, at=now)
    pair = [(anna.administrator, anna.member), (anna.member, anna.administrator)]
    ready = threading.Barrier(2)

    def end(whose: Member, by: Member) -> None:
        whose, by = fresh(whose), fresh(by)
        ready.wait(timeout=20)
        try:
            change_role(whose, Role.MEMBER, by=by, at=now)
        except NotAllowed:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=end, args=two) for two in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    left = Member.objects.filter(customer=anna.customer, role=Role.ADMINISTRATOR)
    assert left.count() == 1


@on_postgres
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_an_absence_is_noted_while_it_is_decided_who_sees_whose_calls(
    anna: cast.House, monkeypatch: Any
) -> None:
    held, now = threading.Event(), database_now()
    hold = absences._hold

    def slow(person: StaffMember) -> None:
        hold(person)
        held.set()
        time.sleep(1)  # the other waits for the person by then, and has the customer

    def decide() -> None:
        held.wait(timeout=20)
        by = fresh(anna.administrator)
        change_sight(fresh(anna.reader), sees=Sees.OWN, staff=anna.staff, by=by, at=now)

    def note() -> None:
        facts = absences.AbsenceFacts(starts_at=now)
        absences.add_absence(anna.staff, facts, by=anna.member, at=now)

    monkeypatch.setattr("customers.actions.absences._hold", slow)
    at_once(note, decide)
    assert Absence.objects.of(anna.customer).count() == 1
    assert fresh(anna.reader).staff_id == anna.staff.pk


@on_postgres
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_writers_role_is_changed_while_a_note_is_under_way(
    anna: cast.House, monkeypatch: Any
) -> None:
    held, done, now = threading.Event(), threading.Event(), database_now()
    message, waited = cast.message_of(anna), []

    def slow(*what: Any, **facts: Any) -> None:
        connection.check_constraints()  # the note's customer and writer are held from here on
        held.set()
        waited.append(done.wait(timeout=5))
        record(*what, **facts)

    def decide() -> None:
        held.wait(timeout=20)
        by = fresh(anna.administrator)
        change_role(fresh(anna.member), Role.READER, by=by, at=now)
        done.set()

    monkeypatch.setattr("messages.handling.record", slow)
    at_once(lambda: add_note(message, "Ringt.", by=anna.member, at=now), decide)
    assert waited == [True], "neither waits for the other, so neither can wait for ever"
    assert message.notes.count() == 1
    assert fresh(anna.member).role == Role.READER


class Links:
    """What Rut has in her mail and her browser before she is removed."""

    def __init__(self, house: cast.House, mailoutbox: Any) -> None:
        person = house.reader.user
        self.session = browser()
        self.session.force_login(person)
        browser().post(reverse("account_reset_password"), {"email": person.email})
        send_account_mails()
        found = re.search(r"https://minasidor\.example\.se(/\S+)", mailoutbox[-1].body)
        assert found is not None
        self.reset = found[1]
        new = EmailAddress.objects.create(user=person, email="ny@rut.example", primary=False)
        self.confirm = reverse("account_confirm_email", args=[EmailConfirmationHMAC(new).key])
        self.half_way = browser()
        body = {"login": person.email, "password": cast.PASSWORD}
        self.half_way.get(reverse("account_login"))
        self.again = body


@pytest.fixture
def links(anna: cast.House, mailoutbox: Any) -> Links:
    return Links(anna, mailoutbox)


def test_every_link_works_until_she_is_removed(links: Links, anna: cast.House) -> None:
    assert links.session.get(at(anna, "portal:overview")).status_code == 200
    page = browser().get(links.reset, follow=True).content.decode()
    assert "Välj ett nytt lösenord" in page
    assert "ny@rut.example" in browser().get(links.confirm).content.decode()


def test_every_link_is_dead_once_she_is_removed(
    links: Links, anna: cast.House, sign_in: Any
) -> None:
    sign_in(anna.administrator).post(at(anna, "customers:member_remove", anna.reader.id))
    assert links.session.get(at(anna, "portal:overview")).status_code == 302
    assert links.session.get(reverse("customers:account")).status_code == 302
    page = browser().get(links.reset, follow=True).content.decode()
    assert "Länken gäller inte längre" in page
    answer = browser().get(links.confirm).content.decode()
    assert "ny@rut.example" not in answer
    assert browser().post(links.confirm).status_code in {302, 404}
    assert browser().post(reverse("account_login"), links.again).status_code == 200
    assert not User.objects.filter(email__endswith="rut.example").exists()


def test_the_keys_that_an_administrator_made_are_the_customers_and_stay(
    anna: cast.House, sign_in: Any
) -> None:
    """A telephone exchange does not stop because somebody left: keys are listed and revoked."""
    change_role(anna.member, Role.ADMINISTRATOR, by=anna.administrator, at=database_now())
    client = sign_in(anna.member)
    client.post(at(anna, "customers:member_remove", anna.administrator.id))
    assert not Member.objects.filter(id=anna.administrator.id).exists()
    headers = {"Authorization": f"Bearer {anna.secret}"}
    assert browser().get(reverse("api:staff-list"), headers=headers).status_code == 200
    assert "Växel" in client.get(at(anna, "customers:keys")).content.decode()
