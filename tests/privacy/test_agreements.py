"""Anna's company signs the data processing agreement: who may, who is told, and for how long."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.http import Http404
from django.urls import reverse

from customers.actions.accounts import shorten_recordings
from customers.actions.contract import end_contract, resume_contract
from customers.actions.covers import About, restrict
from customers.actions.members import change_role
from customers.models import Customer, Member, Role, Target, User
from privacy.agreements import steps
from privacy.agreements.ending import follow_contracts
from privacy.agreements.telling import tell_waiting
from privacy.agreements.versions import is_current, standing
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import ErasureState, SignedAgreement, Signing
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.keep import later
from subprocessors.notices import today
from tests import cast
from tests.mailbox import mails_to
from tests.privacy.signing import begun, finished, mails, read, signed

pytestmark = pytest.mark.django_db(databases="__all__")


def test_anna_signs_by_a_code_from_her_mail(anna: cast.House, sign_in: Any) -> None:
    client, number = sign_in(anna.administrator), anna.customer.number
    page = read(client, number)
    version = re.search(r'name="version" value="(\w+)"', client.get(page).content.decode())
    assert version is not None
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": version[1]}
    answer = client.post(page, form)
    assert answer.status_code == 302
    (sent,) = mails()
    assert sent.to == [anna.administrator.user.email]
    code = re.search(r"\b\d{8}\b", sent.body)
    assert code is not None
    assert Signing.objects.get().code == "", "it leaves the row with the mail"
    typed = f"{code[0][:4]} {code[0][4:]}"
    done = client.post(answer["Location"], {"code": typed}, follow=True)
    assert "undertecknat" in done.content.decode()
    row = SignedAgreement.objects.get()
    assert (row.name, row.title, row.signed_by) == ("Anna Ank", "VD", anna.administrator.id)
    assert row.version == version[1]


def test_only_the_text_that_was_read_can_be_signed(anna: cast.House, sign_in: Any) -> None:
    client, number = sign_in(anna.administrator), anna.customer.number
    agreement, page = reverse("privacy:agreement", args=[number]), read(client, number)
    shown = client.get(page)
    assert f"<code>{shown.context['form'].initial['version'][:12]}</code>" in shown.content.decode()
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=database_now())
    bare = page.partition("?")[0]
    for where in (page, page[:-1], bare):
        answer = client.get(where, follow=True)
        assert answer.redirect_chain[-1][0] == agreement
        changed = "Avtalet har ändrats. Läs det igen" in answer.content.decode()
        assert changed == (where != bare), "who only typed the address has read nothing"


def test_who_loses_the_role_between_the_form_and_the_lock_is_refused_and_not_failed(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, number = sign_in(anna.administrator), anna.customer.number
    page, real = read(client, number), steps.begin_signing

    def demoted_first(member: Member, **facts: Any) -> Any:
        Member._base_manager.filter(id=member.id).update(role=Role.READER)
        return real(member, **facts)

    monkeypatch.setattr(steps, "begin_signing", demoted_first)
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    assert client.post(page, form).status_code == 403
    assert not Signing.objects.exists()


def test_another_language_on_the_way_is_another_text_to_read(
    anna: cast.House, sign_in: Any
) -> None:
    client, number = sign_in(anna.administrator), anna.customer.number
    page = read(client, number)
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    switched = client.post(reverse("set_language"), {"language": "en", "next": page})
    assert switched["Location"] == page
    agreement = reverse("privacy:agreement", args=[number])
    assert client.get(page)["Location"] == agreement
    assert client.post(page, form)["Location"] == agreement
    assert not Signing.objects.exists()


@pytest.mark.parametrize("role", ["member", "reader"])
def test_only_administrators_sign_and_fetch(anna: cast.House, sign_in: Any, role: str) -> None:
    row, client = signed(anna.administrator), sign_in(getattr(anna, role))
    number = anna.customer.number
    pages = [
        reverse("privacy:agreement_sign", args=[number]),
        reverse("privacy:agreement_file", args=[number, row.id]),
        reverse("privacy:agreement_proof", args=[number, row.id]),
    ]
    assert [client.get(page).status_code for page in pages] == [403] * 3
    shown = client.get(reverse("privacy:agreement", args=[number])).content.decode()
    assert "Anna Ank" not in shown
    with pytest.raises(steps.NotAllowed):
        begun(getattr(anna, role))


def test_cecilia_gets_neither_annas_document_nor_her_signing(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    row, signing = signed(anna.administrator), begun(cecilia.administrator)
    client, number = sign_in(cecilia.administrator), cecilia.customer.number
    for name in ("agreement_file", "agreement_proof"):
        page = reverse(f"privacy:{name}", args=[number, row.id])
        assert client.get(page).status_code == 404
    annas = sign_in(anna.administrator)
    page = reverse("privacy:agreement_code", args=[anna.customer.number, signing.id])
    assert annas.post(page, {"code": signing.code}).status_code == 404


def test_of_two_administrators_who_sign_the_same_the_first_has_signed(anna: cast.House) -> None:
    at = database_now()
    change_role(anna.member, "administrator", by=anna.administrator, at=at)
    both = [(begun(who, at), who) for who in (anna.administrator, anna.member)]
    finished(*both[0], at)
    with pytest.raises(steps.AlreadySigned):
        finished(*both[1], at)
    with pytest.raises(steps.AlreadySigned):
        begun(anna.member, at)
    assert SignedAgreement.objects.get().signed_by == anna.administrator.id


@pytest.mark.parametrize("end", ["demoted", "restricted", "locked out", "removed"])
def test_whoever_is_no_administrator_any_more_signs_nothing(anna: cast.House, end: str) -> None:
    at = database_now()
    change_role(anna.member, "administrator", by=anna.administrator, at=at)
    anna.member.refresh_from_db()
    signing = begun(anna.member, at)
    member = Member.objects.filter(id=anna.member.id)
    if end == "demoted":
        change_role(anna.member, "reader", by=anna.administrator, at=at)
    elif end == "restricted":
        member.update(restricted=True)
    elif end == "removed":
        member.update(shred_job_id=signing.id)
    else:
        anna.member.user.is_active = False
        anna.member.user.save()
    with pytest.raises(steps.NotAllowed):
        finished(signing, anna.member, at)
    assert not SignedAgreement.objects.exists()


def test_a_text_that_changed_meanwhile_must_be_read_again(anna: cast.House) -> None:
    at = database_now()
    signing = begun(anna.administrator, at)
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    with pytest.raises(steps.Changed):
        finished(signing, anna.administrator, at)
    with pytest.raises(steps.Changed):
        begun(anna.administrator, at, version=signing.version)


def test_a_restricted_customer_signs_for_what_is_stored_is_processed_too(
    anna: cast.House, sign_in: Any
) -> None:
    at = database_now()
    about = About(target=Target.CUSTOMER)
    restrict(anna.customer, about, reason="x", keeps=False, by=SYSTEM, at=at)
    member = Member.objects.select_related("customer").get(id=anna.administrator.id)
    assert isinstance(signed(member, at), SignedAgreement)
    page = reverse("privacy:agreement", args=[anna.customer.number])
    assert sign_in(member).get(page).status_code == 200


def test_all_administrators_are_told_that_it_was_signed_and_nothing_more(
    anna: cast.House,
) -> None:
    at = database_now()
    change_role(anna.member, "administrator", by=anna.administrator, at=at)
    signed(anna.administrator, at)
    told = [mail for mail in mails() if "undertecknades" in mail.body]
    both = {anna.administrator.user.email, anna.member.user.email}
    assert (len(told), {address for mail in told for address in mail.to}) == (2, both)
    for mail in told:
        for secret in ("Anna Ank", "VD", anna.customer.company_name):
            assert secret not in mail.body
    outbox.outbox.clear()
    assert mails() == [], "once"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_who_could_not_be_mailed_for_now_is_told_of_it_later_and_nobody_twice(
    anna: cast.House, language: str, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    at = database_now()
    change_role(anna.member, "administrator", by=anna.administrator, at=at)
    first, other = anna.administrator.user, anna.member.user
    address = other.email
    refused = f"later@{address.partition('@')[2]}"
    User.objects.filter(pk=other.pk).update(email=refused, language=language)
    agreement = signed(anna.administrator, at)
    tell_waiting()
    tell_waiting()
    agreement.refresh_from_db()
    assert (agreement.told_at, agreement.told_to) == (None, [str(anna.administrator.pk)])
    User.objects.filter(pk=other.pk).update(email=address)  # as if its server took mail again
    tell_waiting()
    tell_waiting()
    assert (len(mails_to(first.email)), len(mails_to(address))) == (1, 1)
    agreement.refresh_from_db()
    assert agreement.told_at is not None
    assert agreement.told_to == []


def test_a_new_version_is_told_of_with_what_changed(anna: cast.House, sign_in: Any) -> None:
    at = database_now()
    client, number = sign_in(anna.administrator), anna.customer.number
    home = reverse("privacy:home", args=[number])
    assert "är inte undertecknat än" in client.get(home).content.decode()
    signed(anna.administrator, at)
    assert "personuppgiftsbiträdesavtalet att skriva under" not in client.get(home).content.decode()
    assert is_current(anna.customer, today(at))
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    fresh = Customer.objects.get(id=anna.customer.id)
    how = standing(fresh, today(at))
    assert how.outdated
    (change,) = how.changes
    assert [line for line in change.new if "10 dagar" in line]
    for page in (home, reverse("portal:overview", args=[number])):
        assert "ny version av personuppgiftsbiträdesavtalet" in client.get(page).content.decode()
    member = Member.objects.select_related("customer").get(id=anna.administrator.id)
    signed(member, at + timedelta(minutes=1))
    assert is_current(fresh, today(at))
    assert len(standing(fresh, today(at)).signed) == 2, "the old one stays listed"


def test_what_changed_is_read_out_in_the_language_that_was_signed(
    anna: cast.House, sign_in: Any
) -> None:
    at, client = database_now(), sign_in(anna.administrator)
    signed(anna.administrator, at)
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    client.cookies["language"] = "en"
    page = client.get(reverse("privacy:agreement", args=[anna.customer.number])).content.decode()
    assert '<html lang="en">' in page
    assert '<ins lang="sv">' in page
    assert '<del lang="sv">' in page


@pytest.mark.parametrize("role", ["administrator", "reader"])
def test_the_privacy_page_leads_to_what_we_hold_and_how_long(
    anna: cast.House, sign_in: Any, role: str
) -> None:
    number = anna.customer.number
    page = sign_in(getattr(anna, role)).get(reverse("privacy:home", args=[number]))
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert f'href="{reverse("privacy:policy")}"' in main
    settings = reverse("customers:settings", args=[number])
    assert (f'href="{settings}"' in main) == (role == "administrator")


def test_what_was_signed_outlives_the_account_and_ends_ten_years_after_the_contract(
    anna: cast.House,
) -> None:
    at = database_now()
    row = signed(anna.administrator, at)
    erasure = ask_erasure(
        anna.customer, About(target=Target.CUSTOMER), by=anna.administrator, at=at
    )
    assert carry_on(erasure.id, at + timedelta(days=40)) == ErasureState.DONE
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    row = SignedAgreement.objects.get()
    assert (row.due_at, row.name) == (None, "Anna Ank")
    assert hashlib.sha256(steps.document_of(row)).hexdigest() == row.sha256
    assert follow_contracts(at) == 1
    row.refresh_from_db()
    assert row.due_at == later(at, months=120)
    assert follow_contracts(at + timedelta(days=1)) == 0


def test_the_time_to_keep_it_follows_the_contract(anna: cast.House) -> None:
    at = database_now()
    row = signed(anna.administrator, at)
    assert follow_contracts(at) == 0
    ends = at + timedelta(days=30)
    end_contract(anna.customer, ends_at=ends, by=SYSTEM, at=at)
    assert follow_contracts(at) == 1
    row.refresh_from_db()
    assert (row.ended_at, row.due_at) == (ends, later(ends, months=120))
    resume_contract(Customer.objects.get(id=anna.customer.id), by=SYSTEM, at=at)
    assert follow_contracts(at) == 1
    row.refresh_from_db()
    assert (row.ended_at, row.due_at) == (None, None)


def test_support_sees_that_and_when_and_no_more(
    anna: cast.House, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    row, client = signed(anna.administrator), sign_in(sven)
    for name, args in (("changelist", []), ("change", [row.id])):
        page = reverse(f"admin:privacy_signedagreement_{name}", args=args)
        text = client.get(page).content.decode()
        assert row.version in text
        for secret in ("Anna Ank", "192.0.2.7", anna.customer.company_name):
            assert secret not in text


def test_gone_customers_begin_no_signing(anna: cast.House) -> None:
    Customer.objects.filter(id=anna.customer.id).update(shred_job_id=anna.customer.id)
    with pytest.raises((steps.NotAllowed, Http404)):
        begun(anna.administrator)
