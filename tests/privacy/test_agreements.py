"""Anna's company signs the data processing agreement, and can show ever after what it signed."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outbox
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers.actions.accounts import shorten_recordings
from customers.actions.contract import end_contract, resume_contract
from customers.actions.covers import About, restrict
from customers.actions.members import change_role
from customers.models import Customer, Member, Role, Target, User
from privacy.agreements import steps
from privacy.agreements.ending import follow_contracts
from privacy.agreements.proof import (
    CODES,
    PAUSE,
    TRIES,
    VALID,
    MailedCode,
    SpentCode,
    TooSoon,
    Unproved,
    WrongCode,
)
from privacy.agreements.telling import tell_waiting
from privacy.agreements.versions import in_language, is_current, standing, version_of
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import ErasureState, SignedAgreement, Signing
from privacy.receipts import keys
from privacy.receipts.verify import main as verify
from privacy.record.faces import set_in
from privacy.record.versions import as_document, strings_of
from privacy.record.writers import markdown
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.keep import later
from subprocessors.notices import today
from tests import cast
from tests.mailbox import mails_to
from tests.privacy.pdf_text import text_of

pytestmark = pytest.mark.django_db(databases="__all__")


def begun(member: Member, at: datetime | None = None, **said: str) -> Signing:
    at = at or database_now()
    version = version_of(in_language(member.customer, "sv", today(at)))
    facts = {"version": version, "language": "sv", "name": "Anna Ank", "title": "VD"} | said
    return steps.begin_signing(member, at=at, **facts)


def signed(member: Member, at: datetime | None = None) -> SignedAgreement:
    at = at or database_now()
    signing = begun(member, at)
    return finished(signing, member, at)


def finished(signing: Signing, member: Member, at: datetime) -> SignedAgreement:
    return steps.sign(signing, signing.code, by=member, address="192.0.2.7", at=at)


def read(client: Any, number: int) -> str:
    """Read the agreement; return where its button leads."""
    page = client.get(reverse("privacy:agreement", args=[number])).content.decode()
    button = re.search(r'href="([^"]+/signera\?version=\w{64})"', page)
    assert button is not None
    return button[1]


def mails() -> list[Any]:
    tell_waiting()
    return list(outbox.outbox)


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


def test_the_signed_pdf_says_all_that_the_agreement_says_in_its_order(anna: cast.House) -> None:
    row = signed(anna.administrator)
    printed = "".join(text_of(steps.document_of(row)).split())
    place = 0
    for said in strings_of(in_language(anna.customer, "sv", today(row.signed_at))):
        wanted = "".join(set_in(said)[1].split())
        place = printed.find(wanted, place)
        assert place >= 0, said
        place += len(wanted)


def test_a_company_whose_name_cannot_be_printed_is_told_so_before_it_signs(
    anna: cast.House, sign_in: Any
) -> None:
    company = Customer.objects.get(id=anna.customer.id)
    company.company_name = "株式会社 AB"
    company.save()
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    refused = client.post(page, form).content.decode()
    assert "Be vår support skriva företagets namn med" in refused
    assert not Signing.objects.exists()


def test_a_no_break_space_in_a_name_is_a_space(anna: cast.House, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    said = {"name": "Anna\u00a0Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    assert client.post(page, said).status_code == 302


class ShownCard(MailedCode):
    name = "shown card"
    words = gettext_lazy("ett kort som visades upp")


def test_the_signature_page_says_the_way_in_use(anna: cast.House, settings: Any) -> None:
    settings.SIGNING_PROOF = f"{__name__}.ShownCard"
    row = signed(anna.administrator)
    facts = dict(steps.signature_page(row, as_document(row.content)).facts).values()
    assert row.proof == "shown card"
    assert "ett kort som visades upp" in facts
    assert not [each for each in facts if "engångskod" in each]


@pytest.mark.parametrize("end", ["time", "tries", "use"])
def test_the_page_of_a_code_that_is_over_says_so(anna: cast.House, sign_in: Any, end: str) -> None:
    at = database_now()
    signing, client = begun(anna.administrator, at), sign_in(anna.administrator)
    page = reverse("privacy:agreement_code", args=[anna.customer.number, signing.id])
    fresh = client.get(page).content.decode()
    assert 'name="code"' in fresh
    changed: dict[str, dict[str, Any]] = {
        "time": {"expires_at": at}, "tries": {"tries": TRIES}, "use": {"used_at": at},
    }  # fmt: skip
    Signing.objects.update(**changed[end])
    over = client.get(page).content.decode()
    assert 'name="code"' not in over
    assert "Den gäller till" not in over
    said = "redan undertecknad" if end == "use" else "Koden är för gammal"
    assert said in over
    assert ("Mejla en ny kod" in over) == (end != "use")


def test_the_fifth_wrong_code_ends_the_form(anna: cast.House, sign_in: Any) -> None:
    signing, client = begun(anna.administrator), sign_in(anna.administrator)
    page = reverse("privacy:agreement_code", args=[anna.customer.number, signing.id])
    wrong = "00000000" if signing.code != "00000000" else "00000001"
    for _ in range(TRIES - 1):
        assert 'name="code"' in client.post(page, {"code": wrong}).content.decode()
    over = client.post(page, {"code": wrong}).content.decode()
    assert 'name="code"' not in over
    assert 'tabindex="-1" autofocus>Koden är för gammal' in over, "focus stands on what went wrong"
    assert "autofocus" not in client.get(page).content.decode()


def test_the_version_is_the_hash_of_the_text_that_the_page_hands_out(
    anna: cast.House, sign_in: Any
) -> None:
    row = signed(anna.administrator)
    address = reverse("privacy:agreement", args=[anna.customer.number])
    text = sign_in(anna.administrator).get(address, {"form": "md"}).content
    assert hashlib.sha256(text).hexdigest() == row.version
    assert text.decode() == markdown(in_language(anna.customer, "sv", today(database_now())))


def test_what_is_downloaded_is_what_was_signed_whatever_has_changed_since(
    anna: cast.House, sign_in: Any
) -> None:
    at = database_now()
    row = signed(anna.administrator)
    client = sign_in(anna.administrator)
    address = reverse("privacy:agreement_file", args=[anna.customer.number, row.id])
    first = client.get(address).content
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    assert client.get(address).content == first
    assert first.startswith(b"%PDF-")
    assert hashlib.sha256(first).hexdigest() == row.sha256
    shown = client.get(reverse("privacy:agreement", args=[anna.customer.number])).content.decode()
    assert row.sha256 in shown
    assert AuditEntry.objects.filter(verb="signedagreement.fetched").count() == 2


def test_the_signature_page_says_who_signed_what(anna: cast.House, settings: Any) -> None:
    settings.OPERATOR_NAME = "Ankdamms Svarstjänst AB"
    row = signed(anna.administrator)
    document = in_language(anna.customer, "sv", today(row.signed_at))
    page = steps.signature_page(row, document)
    said = dict(page.facts).values()
    company = anna.customer.company_name
    for fact in (company, "Anna Ank", "VD", row.version, "Ankdamms Svarstjänst AB"):
        assert fact in said
    assert any(row.signed_at.strftime("%Y-%m-%dT%H:%M") in fact for fact in said)


@pytest.mark.parametrize(
    "name",
    ["Łukasz Żółć", "Νίκος Παπαδόπουλος", "Іван Ґалаґан", "Nguyễn Thị Ánh", "Åsa O’Ödman", "{nb}"],
)
def test_a_name_in_these_letters_stands_in_the_document_as_it_was_written(
    anna: cast.House, name: str
) -> None:
    at = database_now()
    row = finished(begun(anna.administrator, at, name=name), anna.administrator, at)
    printed = text_of(steps.document_of(row)).split("\n")
    assert name.replace("’", "'") in printed


def test_nothing_that_a_signer_writes_is_read_as_markup(anna: cast.House) -> None:
    name = "[Anna](https://evil.example) **Ank** --x-- __y__ <b>"
    at = database_now()
    pdf = steps.document_of(
        finished(begun(anna.administrator, at, name=name), anna.administrator, at)
    )
    assert name in text_of(pdf)
    assert b"evil.example" not in pdf, "a link has its address in clear"


@pytest.mark.parametrize("field", ["name", "title"])
@pytest.mark.parametrize(
    "written",
    [
        "Anna\nBeviljat: allt",
        "Anna\tAnk",
        "Anna\u2028Ank",
        "\u202eknA",
        "محمد",
        "דוד",
        "王",
        "राम",
        "😀",
    ],
)
def test_what_the_document_cannot_print_is_refused_beside_the_field(
    anna: cast.House, sign_in: Any, field: str, written: str
) -> None:
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    version = client.get(page).context["form"].initial["version"]
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": version}
    refused = client.post(page, form | {field: written})
    assert refused.status_code == 200
    assert list(refused.context["form"].errors) == [field]
    assert not Signing.objects.exists()
    assert client.post(page, form | {field: "Łukasz Νίκος Іван"}).status_code == 302


def test_our_signature_over_it_holds_by_the_published_verifier(
    anna: cast.House, sign_in: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, client = signed(anna.administrator), sign_in(anna.administrator)
    address = reverse("privacy:agreement_proof", args=[anna.customer.number, row.id])
    file, known = tmp_path / "avtal.json", tmp_path / "keys.json"
    file.write_bytes(client.get(address).content)
    known.write_text(json.dumps(keys.published()))
    assert verify([str(file), "--keys", str(known)]) == 0
    assert row.sha256 in capsys.readouterr().out
    changed = json.loads(file.read_text())
    changed["fact"]["pdf_sha256"] = "0" * 64
    file.write_text(json.dumps(changed))
    assert verify([str(file), "--keys", str(known)]) == 1


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


def test_a_code_of_another_signing_is_not_the_code(anna: cast.House, cecilia: cast.House) -> None:
    at = database_now()
    mine, other = begun(anna.administrator, at), begun(cecilia.administrator, at)
    with pytest.raises(WrongCode):
        steps.sign(mine, other.code, by=anna.administrator, address="", at=at)


def test_a_code_lives_for_its_time_and_not_a_second_longer(anna: cast.House) -> None:
    at = database_now()
    signing = begun(anna.administrator, at)
    with pytest.raises(SpentCode):
        finished(signing, anna.administrator, at + VALID)
    last = at + VALID - timedelta(seconds=1)
    assert finished(signing, anna.administrator, last).signed_at == last


def test_a_code_is_tried_five_times_and_then_the_right_one_is_refused_too(
    anna: cast.House,
) -> None:
    at = database_now()
    signing = begun(anna.administrator, at)
    wrong = "00000000" if signing.code != "00000000" else "00000001"
    for _ in range(TRIES):
        with pytest.raises(Unproved):
            steps.sign(signing, wrong, by=anna.administrator, address="", at=at)
    with pytest.raises(SpentCode):
        finished(signing, anna.administrator, at)


def test_a_code_is_used_once(anna: cast.House) -> None:
    at = database_now()
    signing = begun(anna.administrator, at)
    finished(signing, anna.administrator, at)
    with pytest.raises(SpentCode):
        finished(signing, anna.administrator, at)
    assert SignedAgreement.objects.count() == 1


def test_the_code_lies_nowhere_in_clear(anna: cast.House) -> None:
    signing = begun(anna.administrator)
    code = signing.code
    columns = Signing.objects.filter(pk=signing.pk).values_list(
        *(f.attname for f in Signing._meta.concrete_fields)
    )
    assert code not in str(columns.get())
    assert code not in signing.code_hash
    assert hashlib.sha256(code.encode()).hexdigest() != signing.code_hash


def test_a_new_code_voids_the_one_before_and_there_are_few(anna: cast.House) -> None:
    at = database_now()
    signing = begun(anna.administrator, at)
    old = signing.code
    with pytest.raises(TooSoon):
        steps.ask_again(signing, at=at + PAUSE / 2)
    for again in range(1, CODES):
        steps.ask_again(signing, at=at + again * PAUSE)
    with pytest.raises(TooSoon):
        steps.ask_again(signing, at=at + CODES * PAUSE)
    later_on = at + CODES * PAUSE
    with pytest.raises(WrongCode):
        steps.sign(signing, old, by=anna.administrator, address="", at=later_on)
    fresh = Signing.objects.get(pk=signing.pk)
    assert isinstance(finished(fresh, anna.administrator, later_on), SignedAgreement)


@pytest.mark.parametrize(
    ("reads", "words"), [("en", "Your code to sign with"), ("sv", "Din kod"), ("", "Din kod")]
)
def test_the_code_is_mailed_in_the_readers_language(
    anna: cast.House, reads: str, words: str
) -> None:
    """Whatever the company's is; who has chosen none reads that of the text."""
    User.objects.filter(pk=anna.administrator.user_id).update(language=reads)
    Customer.objects.filter(pk=anna.customer.pk).update(language="en")
    begun(anna.administrator)
    (sent,) = mails()
    assert str(sent.subject).startswith(words)
    assert sent.extra_headers["Content-Language"] == (reads or "sv")


def test_nobody_is_mailed_codes_without_end(anna: cast.House) -> None:
    at = database_now()
    for _ in range(steps.CODES_AN_HOUR):
        begun(anna.administrator, at)
    with pytest.raises(TooSoon):
        begun(anna.administrator, at)
    begun(anna.administrator, at + steps.WINDOW + timedelta(seconds=1))


def test_codes_asked_for_again_are_counted_with_those_of_other_signings(anna: cast.House) -> None:
    at = database_now()
    signings = [begun(anna.administrator, at) for _ in range(steps.CODES_AN_HOUR - 1)]
    steps.ask_again(signings[0], at=at + PAUSE)
    with pytest.raises(TooSoon):
        steps.ask_again(signings[1], at=at + PAUSE)
    assert sum(Signing.objects.values_list("codes", flat=True)) == steps.CODES_AN_HOUR


def test_a_code_of_this_hour_counts_though_its_signing_was_begun_before(anna: cast.House) -> None:
    at = database_now()
    hour = at + steps.WINDOW
    for each in [begun(anna.administrator, at) for _ in range(steps.CODES_AN_HOUR // 2)]:
        steps.ask_again(each, at=hour - PAUSE)
    with pytest.raises(TooSoon):
        begun(anna.administrator, hour + PAUSE)
    begun(anna.administrator, hour + steps.WINDOW)


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


@pytest.mark.parametrize("code", ["", "1234567", "١٢٣٤٥٦٧٨", "abcdefgh", "1" * 100_000, "\x00" * 8])
def test_what_is_no_code_is_said_beside_the_field(
    anna: cast.House, sign_in: Any, code: str
) -> None:
    signing = begun(anna.administrator)
    page = reverse("privacy:agreement_code", args=[anna.customer.number, signing.id])
    answer = sign_in(anna.administrator).post(page, {"code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]
    assert Signing.objects.get().tries == 0


def test_gone_customers_begin_no_signing(anna: cast.House) -> None:
    Customer.objects.filter(id=anna.customer.id).update(shred_job_id=anna.customer.id)
    with pytest.raises((steps.NotAllowed, Http404)):
        begun(anna.administrator)
