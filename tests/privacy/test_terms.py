"""Terms: written, published for good, told of, accepted by an act."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from customers.models import User
from privacy.models import Acceptance, Terms, TermsKind, TermsNotice
from privacy.purging.purge import purge
from privacy.tasks import tell_terms
from privacy.terms.papers import sections_of
from privacy.terms.standing import standings, to_accept
from privacy.terms.steps import Passed, Published, Taken, accept, day_of, publish, write_draft
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Any) -> None:
    """Sven's second factor has its own tests."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False


def draft(sven: User, *, days: int = 0, kind: str = TermsKind.GENERAL, **facts: Any) -> Terms:
    at = database_now()
    swedish = "Inledning.\n\n# Betalning\nTrettio dagar."
    known = {"text_sv": swedish, "text_en": "# Payment\nThirty."}
    made = Terms(kind=kind, valid_from=day_of(at) + timedelta(days=days), **(known | facts))
    write_draft(made, by=sven, at=at)
    return made


def published(sven: User, **facts: Any) -> Terms:
    made = draft(sven, **facts)
    publish(made, by=sven, at=database_now())
    return Terms.objects.get(pk=made.pk)


def begun(sven: User, days_ago: int) -> Terms:
    """One that was published and began so many days ago."""
    made = published(sven, days=days_ago)
    day = day_of(database_now()) - timedelta(days=days_ago)
    Terms.objects.filter(pk=made.pk).update(valid_from=day)
    return Terms.objects.get(pk=made.pk)


def test_headings_and_paragraphs_are_all_the_markup_there_is() -> None:
    before, sections = sections_of("Hej\npå dig.\n\n# Ett\nRad <b>ett</b>\nrad två\n\nNy\n# Två\n")
    assert before == ("Hej på dig.",)
    assert [(each.heading, each.text) for each in sections] == [
        ("Ett", ("Rad <b>ett</b> rad två", "Ny")), ("Två", ()),
    ]  # fmt: skip


def test_a_draft_is_nowhere_to_be_read(client: Client, sven: User) -> None:
    made = draft(sven)
    assert client.get(made.get_absolute_url()).status_code == 404
    assert client.get(reverse("privacy:terms")).context["standings"] == []


def test_what_is_published_stands_as_it_is(sven: User) -> None:
    made = published(sven)
    made.text_sv = "Ändrat i efterhand."
    with pytest.raises(Published):
        write_draft(made, by=sven, at=database_now())
    with pytest.raises(Published):
        publish(made, by=sven, at=database_now())
    assert "Ändrat" not in Terms.objects.get().text_sv


def test_nobody_is_bound_from_a_day_that_has_passed(sven: User) -> None:
    with pytest.raises(Passed):
        published(sven, days=-1)


def test_two_versions_of_a_kind_do_not_begin_on_one_day(sven: User) -> None:
    published(sven, days=3)
    with pytest.raises(Taken):
        published(sven, days=3)
    assert published(sven, days=3, kind=TermsKind.LEVEL).published_at


def test_both_languages_need_a_text(sven: User) -> None:
    with pytest.raises(ValidationError):
        draft(sven, text_en=" \n")


def test_the_one_in_force_the_coming_and_the_earlier_are_told_apart(
    client: Client, sven: User
) -> None:
    earlier, current = begun(sven, 20), begun(sven, 10)
    coming = published(sven, days=40)
    (standing,) = standings(day_of(database_now()))
    assert (standing.current, standing.coming, standing.earlier) == (current, [coming], [earlier])
    page = client.get(earlier.get_absolute_url(), headers={"Accept-Language": "en"})
    assert current.get_absolute_url() in page.content.decode()
    assert "no longer in force" in page.content.decode()


def test_markup_in_a_text_is_shown_as_text(client: Client, sven: User) -> None:
    made = published(sven, text_sv="# <script>x</script>\n<img src=x>\u202e")
    page = client.get(made.get_absolute_url(), headers={"Accept-Language": "sv"}).content.decode()
    assert "<script>x" not in page
    assert "&lt;img src=x&gt;" in page


def test_anna_accepts_by_an_act_and_is_on_record(
    sign_in: Any, anna: cast.House, sven: User
) -> None:
    made, browser = published(sven), sign_in(anna.administrator)
    page = reverse("privacy:accepted", args=[anna.customer.number])
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert page in browser.get(overview).content.decode()
    assert not Acceptance.objects.exists()
    address = reverse("privacy:terms_accept", args=[anna.customer.number, made.pk])
    for _ in range(2):
        assert browser.post(address).status_code == 302
    (row,) = Acceptance.objects.all()
    assert (row.terms, row.accepted_by, row.name) == (
        made, anna.administrator.pk, anna.administrator.name
    )  # fmt: skip
    assert AuditEntry.objects.filter(verb="acceptance.made").count() == 1
    assert anna.administrator.name in browser.get(page).content.decode()
    assert list(to_accept(anna.customer)) == []


def test_bertil_reads_and_does_not_bind_the_company(
    sign_in: Any, anna: cast.House, sven: User
) -> None:
    made, browser = published(sven), sign_in(anna.member)
    address = reverse("privacy:terms_accept", args=[anna.customer.number, made.pk])
    assert browser.get(reverse("privacy:accepted", args=[anna.customer.number])).status_code == 200
    assert browser.post(address).status_code == 403
    overview = browser.get(reverse("portal:overview", args=[anna.customer.number]))
    assert reverse("privacy:accepted", args=[anna.customer.number]) not in overview.content.decode()


def test_what_anna_accepted_says_nothing_of_cecilia(
    sign_in: Any, anna: cast.House, cecilia: cast.House, sven: User
) -> None:
    made = published(sven)
    accept(made, by=anna.administrator, at=database_now())
    page = reverse("privacy:accepted", args=[cecilia.customer.number])
    text = sign_in(cecilia.administrator).get(page).content.decode()
    assert anna.administrator.name not in text
    assert list(to_accept(cecilia.customer)) == [made]
    theirs = reverse("privacy:terms_accept", args=[anna.customer.number, made.pk])
    assert sign_in(cecilia.administrator).post(theirs).status_code == 404


def test_not_accepting_stops_nothing(sign_in: Any, anna: cast.House, sven: User) -> None:
    published(sven)
    browser, here = sign_in(anna.administrator), f"/mina-sidor/{anna.customer.number}/"
    for inner in ("", "samtal/", "meddelanden/", "integritet/utdrag/nytt"):
        assert browser.get(here + inner).status_code == 200


def test_a_draft_cannot_be_accepted(sign_in: Any, anna: cast.House, sven: User) -> None:
    made = draft(sven)
    address = reverse("privacy:terms_accept", args=[anna.customer.number, made.pk])
    assert sign_in(anna.administrator).post(address).status_code == 404
    with pytest.raises(Terms.DoesNotExist):
        accept(made, by=anna.administrator, at=database_now())


def test_every_customer_is_mailed_once(anna: cast.House, cecilia: cast.House, sven: User) -> None:
    published(sven, days=30)
    assert tell_terms() == 2
    assert tell_terms() == 0
    assert sorted(each.to[0] for each in mail.outbox) == sorted(
        [anna.customer.email, cecilia.customer.email]
    )
    assert f"/mina-sidor/{anna.customer.number}/" in "".join(str(each.body) for each in mail.outbox)


def test_without_an_address_of_its_own_a_customers_administrators_are_mailed(
    anna: cast.House, sven: User
) -> None:
    anna.customer.email = ""
    anna.customer.save()
    published(sven)
    tell_terms()
    (sent,) = mail.outbox
    assert sent.to == [anna.administrator.user.email]
    assert str(sent.body).startswith("Hej!\n")
    assert str(sent.body).strip().endswith("\n\nSmartsvar")


def test_of_a_customer_that_nobody_can_be_mailed_at_no_mail_is_noted(
    anna: cast.House, sven: User
) -> None:
    anna.customer.email = ""
    anna.customer.save()
    User.objects.filter(pk=anna.administrator.user_id).update(is_active=False)
    published(sven)
    tell_terms()
    told = TermsNotice.objects.get()
    assert (told.sent_at, told.error, mail.outbox) == (None, "no_address", [])
    assert told.failed_at is not None


def test_a_mail_server_that_is_away_is_tried_again(
    anna: cast.House, sven: User, settings: Any
) -> None:
    published(sven, days=30)
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tell_terms()
    assert TermsNotice.objects.get().sent_at is None
    settings.EMAIL_BACKEND = before
    assert tell_terms() == 1
    assert len(mail.outbox) == 1


def test_an_acceptance_goes_two_years_after_the_contract(anna: cast.House, sven: User) -> None:
    accept(published(sven), by=anna.administrator, at=database_now())
    at = database_now()
    anna.customer.contract_ended_at = at - timedelta(days=800)
    anna.customer.save()
    row = Acceptance.objects.get()
    row.save()
    assert row.due_at is not None
    assert row.due_at < at
    assert purge(at)["privacy.Acceptance"] == 1


def test_sven_writes_looks_and_publishes(sign_in: Any, sven: User) -> None:
    browser = sign_in(sven)
    facts = {
        "kind": "service", "valid_from": f"{day_of(database_now()):%Y-%m-%d}",
        "text_sv": "# Tjänsten\nVi svarar.", "text_en": "# The service\nWe answer.",
    }  # fmt: skip
    answer = browser.post(reverse("admin:privacy_terms_add"), facts)
    made = Terms.objects.get()
    assert answer["Location"] == reverse("admin:privacy_terms_preview", args=[made.pk])
    preview = browser.get(answer["Location"]).content.decode()
    assert "Vi svarar." in preview
    assert "We answer." in preview
    browser.post(answer["Location"])
    assert Terms.objects.get().published_at
    change = reverse("admin:privacy_terms_change", args=[made.pk])
    assert browser.post(change, facts | {"text_sv": "Annat"}).status_code == 403
    assert browser.post(answer["Location"]).status_code == 302
    assert Terms.objects.get().text_sv == "# Tjänsten\nVi svarar."
