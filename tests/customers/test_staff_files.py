"""The staff register in and out as a file: planned, confirmed, all or nothing."""

import io
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold
from customers.actions.registers import UploadUsed, import_register, keep_upload
from customers.actions.staff import (
    StaffDetails,
    add_staff,
    change_staff,
    register_of,
    remove_staff,
)
from customers.models import Absence, Hold, RegisterFile, StaffMember, Target
from customers.staff_files.columns import guess
from customers.staff_files.plan import make_plan
from customers.staff_files.reading import read_sheet
from customers.staff_files.writing import as_csv, as_workbook
from privacy.purging.purge import purge
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.csv_cells import harmless, restored
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.at_once import at_once, on_postgres
from tests.customers.register_files import (
    HEAD,
    MARTA,
    choices,
    confirmed,
    csv_of,
    facts,
    fill,
    names,
    send,
    uploaded,
    url,
)

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_bertil_uploads_looks_and_confirms(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    stina = f"{anna.staff.name};Chef;;{anna.staff.email};;\r\n"
    path = uploaded(browser, anna, csv_of(MARTA, stina))
    page = browser.get(path).content.decode()
    assert "Märta Ek" in page
    assert names(anna) == [anna.staff.name], "nothing is done before it is confirmed"
    key = RegisterFile.objects.get().key_id
    said = confirmed(browser, path).content.decode()
    assert "1 tillagd, 1 ändrad, 0 borttagna" in said
    marta = next(person for person in register_of(anna.customer) if person.name == "Märta Ek")
    assert (marta.phone, marta.keywords) == ("+46701740621", ["fakturor", "löner"])
    assert StaffMember.objects.get(pk=anna.staff.pk).title == "Chef"
    assert not RegisterFile._base_manager.exists()
    assert not RecordKey.objects.filter(id=key).exists()
    verbs = AuditEntry.objects.filter(verb__startswith="staffmember.", actor_id=anna.member.pk)
    assert set(verbs.values_list("verb", flat=True)) == {"staffmember.added", "staffmember.changed"}


def test_who_is_not_in_the_file_is_removed_only_when_that_is_ticked(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    confirmed(browser, uploaded(browser, anna, csv_of(MARTA)))
    assert names(anna) == ["Märta Ek", anna.staff.name]
    facts = AbsenceFacts(starts_at=database_now())
    add_absence(anna.staff, facts, by=anna.member, at=database_now())
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on")).content.decode()
    assert anna.staff.name in page
    assert "kan inte återskapas" in page
    confirmed(browser, path, removes="on")
    assert names(anna) == ["Märta Ek"]
    assert not Absence._base_manager.exists()


@pytest.mark.parametrize("match_by", ["email", "name"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_exported_and_imported_again_changes_nothing(
    anna: cast.House, sign_in: Any, match_by: str, kind: str, language: str
) -> None:
    fill(anna)
    before = facts(anna)
    browser = sign_in(anna.member)
    browser.cookies.load({"language": language})
    content = browser.get(url(anna, f"staff_{kind}")).content
    path = uploaded(browser, anna, content)
    page = browser.post(path, choices(browser.get(path), match_by=match_by, removes="on"))
    plan = page.context["plan"]
    assert plan.troubles == []
    assert (plan.added, plan.changed, plan.removed) == ([], [], [])
    assert plan.same == len(before)
    assert facts(anna) == before


@given(st.text(alphabet="=+-@'\"; ,\t\nab＝", max_size=12))
def test_what_is_made_harmless_is_restored(text: str) -> None:
    assert restored(harmless(text)) == text


def test_no_cell_of_an_export_is_a_formula(anna: cast.House) -> None:
    fill(anna)
    register = register_of(anna.customer)
    text = as_csv(register)
    assert text.startswith(b"\xef\xbb\xbf")
    assert ";=" not in text.decode("utf-8-sig")
    assert "'=1+1" in text.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(as_workbook(register))).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in [cell.value for cell in cells]


def test_an_export_is_in_the_log_and_for_those_who_keep_the_register(
    anna: cast.House, sign_in: Any
) -> None:
    assert sign_in(anna.reader).get(url(anna, "staff_csv")).status_code == 403
    assert not AuditEntry.objects.filter(verb="customer.register_exported").exists()
    answer = sign_in(anna.member).get(url(anna, "staff_xlsx"))
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(verb="customer.register_exported").count() == 1


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        (";Ekonom;;;;\r\n", "Namn", "obligatoriskt"),
        ("Bo;;hundra;;;\r\n", "Telefon", "helt telefonnummer"),
        ("Bo;;;inte en adress;;\r\n", "E-post", "giltig"),
        ("Bo;;;;" + ",".join(map(str, range(51))) + ";\r\n", "Sökord", "Högst 50"),
        ("B\u202eo;;;;;\r\n", "Namn", "tecken"),
        ("x" * 201 + ";;;;;\r\n", "Namn", "200"),
        (MARTA, "E-post", "Samma som på rad 2"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column_and_nothing_is_imported(
    anna: cast.House, sign_in: Any, line: str, column: str, said: str
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA, line))
    page = browser.post(path, choices(browser.get(path), match_by="email"))
    (trouble,) = page.context["plan"].troubles
    assert (trouble.line, trouble.column) == (3, column)
    assert said in trouble.why
    assert 'name="confirmed"' not in page.content.decode()
    fingerprint = page.context["plan"].fingerprint
    browser.post(path, choices(page, confirmed=fingerprint))
    assert names(anna) == [anna.staff.name]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("Spalt;Titel\r\n", "Ange vilken kolumn som är namnet."),
        ("Namn;Förnamn\r\n", "Använd antingen hela namnet"),
    ],
)
def test_columns_that_are_not_understood_are_asked_for(
    anna: cast.House, sign_in: Any, head: str, said: str
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head=head))
    assert said in browser.get(path).content.decode()
    page = browser.post(path, {"column0": "name", "column1": "title", "match_by": "name"})
    assert [each.details.name for each in page.context["plan"].added] == ["Bo"]


def test_doubled_headings_are_told_of_and_doubled_meanings_refused(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head="Namn;namn\r\n"))
    assert "förekommer mer än en gång" in browser.get(path).content.decode()
    body = {"column0": "name", "column1": "name", "match_by": "name"}
    assert "Två kolumner betyder samma sak" in browser.post(path, body).content.decode()


def test_first_and_last_names_are_put_together(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head="Förnamn;Efternamn\r\n"))
    confirmed(browser, path)
    assert "Bo Ek" in names(anna)


def test_what_no_column_says_stays_as_it_is(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    line = f"{anna.staff.email};Ny Titel\r\n"
    head = "E-post;Titel;Namn\r\n"
    path = uploaded(browser, anna, csv_of(line.replace("\r", f";{anna.staff.name}\r"), head=head))
    confirmed(browser, path)
    person = StaffMember.objects.get(pk=anna.staff.pk)
    assert (person.title, person.email) == ("Ny Titel", anna.staff.email)
    assert person.name == anna.staff.name


def test_a_register_that_changed_meanwhile_is_shown_again(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on"))
    fingerprint = page.context["plan"].fingerprint
    add_staff(anna.customer, StaffDetails(name="Ny"), by=anna.member, at=database_now())
    answer = browser.post(path, choices(page, removes="on", confirmed=fingerprint))
    assert "har ändrats under tiden" in answer.content.decode()
    assert sorted(names(anna)) == ["Ny", anna.staff.name]


def test_all_or_nothing(anna: cast.House, monkeypatch: Any) -> None:
    table = [["Namn", "Titel"], ["Ny", ""], [anna.staff.name, "Chef"]]
    fill(anna)
    before = facts(anna)
    upload = keep_upload(anna.member, table, at=database_now())
    plan = make_plan(
        table, ["name", "title"], register_of(anna.customer), match_by="name", removes=True
    )
    assert plan.added
    assert plan.changed
    assert plan.removed
    doomed = plan.removed[0]
    about = About(target=Target.STAFF, object_model=doomed._meta.label, object_id=doomed.pk)
    hold(
        anna.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    with pytest.raises(Exception, match=r"StaffMember"):
        import_register(
            anna.customer, plan.added, plan.changed, plan.removed, upload=upload, by=anna.member,
            at=database_now(),
        )  # fmt: skip
    assert facts(anna) == before
    assert RegisterFile.objects.filter(pk=upload.pk, shred_job_id=None).exists(), "to try again"


@on_postgres
def test_an_import_that_is_confirmed_twice_at_once_is_carried_out_once(
    anna: cast.House, sign_in: Any
) -> None:
    first, second = sign_in(anna.member), sign_in(anna.member)
    people = [f"Person {number};;;p{number}@ankdamm.example;;\r\n" for number in range(60)]
    path = uploaded(first, anna, csv_of(*people))
    page = first.get(path)
    body = choices(page, confirmed=page.context["plan"].fingerprint)
    answers = at_once(*[lambda who=who: who.post(path, body) for who in (first, second)])
    assert all(answer.status_code in {302, 404} for answer in answers)
    assert len(names(anna)) == 61


def test_an_upload_that_somebody_confirmed_already_is_not_imported_again(
    anna: cast.House,
) -> None:
    table = [["Namn"], ["Ny"]]
    upload = keep_upload(anna.member, table, at=database_now())
    plan = make_plan(table, ["name"], register_of(anna.customer), match_by="name", removes=False)
    deed = (anna.customer, plan.added, plan.changed, plan.removed)
    import_register(*deed, upload=upload, by=anna.member, at=database_now())
    with pytest.raises(UploadUsed):
        import_register(*deed, upload=upload, by=anna.member, at=database_now())
    assert sorted(names(anna)) == ["Ny", anna.staff.name]


def test_what_a_colleague_saves_during_an_import_stays(
    anna: cast.House, sign_in: Any, monkeypatch: Any
) -> None:
    browser = sign_in(anna.member)
    line = f"{anna.staff.email};{anna.staff.name};Ny titel\r\n"
    path = uploaded(browser, anna, csv_of(line, head="E-post;Namn;Titel\r\n"))
    details = StaffDetails(
        name=anna.staff.name, phone="+46701740605", email="stina.ny@ankdamm.example"
    )

    def late(*people: Any, **facts: Any) -> None:
        person = StaffMember.objects.get(pk=anna.staff.pk)
        change_staff(person, details, by=anna.administrator, at=database_now())
        import_register(*people, **facts)

    monkeypatch.setattr("customers.views.staff_files.import_register", late)
    confirmed(browser, path)
    person = StaffMember.objects.get(pk=anna.staff.pk)
    said = (person.title, person.phone, person.email)
    assert said == ("Ny titel", details.phone, details.email)


@pytest.mark.parametrize("name", ["Eva Ek", "Stina på Ankdamms Bygg AB"])
def test_columns_that_change_places_after_the_preview_are_shown_again(
    anna: cast.House, sign_in: Any, name: str
) -> None:
    browser = sign_in(anna.member)
    head = "Namn;Titel;Svarsbesked\r\n"
    path = uploaded(browser, anna, csv_of(f"{name};Chef;hemligt\r\n", head=head))
    page = browser.get(path)
    body = choices(page, confirmed=page.context["plan"].fingerprint)
    body |= {"column1": "answer_notice", "column2": "title"}
    answer = browser.post(path, body)
    assert "har ändrats under tiden" in answer.content.decode()
    assert all(person.title != "hemligt" for person in register_of(anna.customer))


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\ufffd", "\ufffe", "\uffff", "\r"])
def test_what_a_file_could_not_give_back_is_not_taken(
    anna: cast.House, sign_in: Any, sign: str
) -> None:
    body = {"name": "Bo", "answer_notice": f"rad{sign}rad"}
    answer = sign_in(anna.member).post(url(anna, "staff_add"), body)
    assert answer.status_code == 200
    assert "tecken som inte kan visas" in answer.content.decode()


def test_a_keyword_with_a_semicolon_comes_back_as_it_was(anna: cast.House) -> None:
    details = StaffDetails(name="Bo", keywords=["a;b", "c"])
    add_staff(anna.customer, details, by=anna.member, at=database_now())
    register = register_of(anna.customer)
    table = read_sheet(as_csv(register)).rows
    plan = make_plan(table, guess(table[0]), register, match_by="name", removes=True)
    assert (plan.troubles, plan.does_nothing) == ([], True)


def test_a_full_register_takes_nobody(anna: cast.House, sign_in: Any, monkeypatch: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    monkeypatch.setattr("customers.actions.registers.REGISTER_LIMIT", 1)
    assert "Registret är fullt" in confirmed(browser, path).content.decode()
    assert names(anna) == [anna.staff.name]


def test_an_upload_is_sealed_is_its_members_own_and_goes_within_the_hour(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    upload = RegisterFile.objects.get()
    assert "Märta" not in bytes(upload.sealed).decode("latin-1")
    assert b"M\xc3\xa4rta" not in bytes(upload.sealed)
    assert not any("rta" in str(value) for value in browser.session.items())
    assert sign_in(anna.administrator).get(path).status_code == 404
    assert upload.due_at is not None
    assert (upload.due_at - upload.created_at).total_seconds() == 3600
    assert purge(upload.due_at)["customers.RegisterFile"] == 1
    assert not RecordKey.objects.filter(id=upload.key_id).exists()
    assert browser.get(path).status_code == 404


def test_a_new_upload_and_throwing_away_destroy_the_old_one(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    first = uploaded(browser, anna, csv_of(MARTA))
    second = uploaded(browser, anna, csv_of(MARTA))
    assert browser.get(first).status_code == 404
    browser.post(second, {"throw_away": "yes"})
    assert not RegisterFile._base_manager.exists()
    assert names(anna) == [anna.staff.name]


def test_bertil_who_became_a_reader_confirms_nothing(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    type(anna.member).objects.filter(pk=anna.member.pk).update(role="reader")
    assert browser.get(path).status_code == 404
    assert send(browser, anna, csv_of(MARTA)).status_code == 403


def test_many_are_removed_at_once_after_a_page_that_names_them(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    fill(anna)
    browser, page = sign_in(anna.member), url(anna, "staff_remove_many")
    chosen = [str(person.pk) for person in register_of(anna.customer)[:3]]
    body = {"person": [*chosen, str(cecilia.staff.pk), "x", ""]}
    shown = browser.post(page, body).content.decode()
    assert "Ta bort 3 personer" in shown
    assert "företagets adress" in shown
    assert cecilia.staff.name not in shown
    assert len(names(anna)) == 6
    said = browser.post(page, body | {"confirmed": "yes"}, follow=True).content.decode()
    assert "3 är borttagna ur registret." in said
    assert len(names(anna)) == 3
    assert names(cecilia) == [cecilia.staff.name]
    assert "Välj vilka" in browser.post(page, {}, follow=True).content.decode()


def test_a_leaver_is_gone_from_every_list_filter_and_waiting_address(
    anna: cast.House, sign_in: Any
) -> None:
    cast.message_of(anna, staff=anna.staff)
    cast.call_of(anna, staff=anna.staff)
    browser, number = sign_in(anna.administrator), anna.customer.number
    pages = [
        reverse(name, args=[number])
        for name in ("recordings:list", "phone_messages:list", "customers:staff_list",
                     "customers:absence_calendar", "portal:overview")
    ]  # fmt: skip
    before = "".join(browser.get(page).content.decode() for page in pages)
    assert anna.staff.name in before
    remove_staff(anna.staff, by=anna.member)
    after = "".join(browser.get(page).content.decode() for page in pages)
    assert anna.staff.name not in after
    assert anna.staff.email not in after
    assert str(anna.staff.pk) not in after


def test_a_mistake_is_on_the_line_that_the_file_has_it_on(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    wrong = "Bo Ek;;12;;;\r\n"
    content = csv_of("\r\n", MARTA, ";;;;;\r\n", wrong, head="sep=;\r\n" + HEAD)
    page = browser.get(uploaded(browser, anna, content))
    assert [trouble.line for trouble in page.context["plan"].troubles] == [6]


def test_a_change_is_shown_from_what_to_what(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    stina = f"{anna.staff.name};<b>Chef</b>;070-174 06 22;{anna.staff.email};;\r\n"
    page = browser.get(uploaded(browser, anna, csv_of(stina))).content.decode()
    assert "Titel: <bdi>Säljare</bdi> → <bdi>&lt;b&gt;Chef&lt;/b&gt;</bdi>" in page
    assert "→ <bdi>070-174 06 22</bdi>" in page


def test_all_whom_an_import_removes_are_named(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    many = [f"Person {number:03};;;;;\r\n" for number in range(60)]
    confirmed(browser, uploaded(browser, anna, csv_of(*many)))
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on")).content.decode()
    assert [name for name in names(anna) if name not in page] == []
    assert "<details><summary>" in page
