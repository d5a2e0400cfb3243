"""The code by which whoever signs an agreement shows that the mailbox is theirs."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers.models import Customer, User
from privacy.agreements import steps
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
from privacy.models import SignedAgreement, Signing
from privacy.record.versions import as_document
from smartsvar.clock import database_now
from tests import cast
from tests.privacy.signing import begun, finished, mails, signed

pytestmark = pytest.mark.django_db(databases="__all__")


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
