"""Every model declares its personal data, and what it declares is true."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps
from django.utils import translation

from privacy.documents import table
from smartsvar.checks import check_declarations, faults_of, fields_of
from smartsvar.personal_data import (
    Basis,
    Category,
    Erase,
    Keep,
    NoPersonalData,
    PersonalData,
    Role,
    declaration_of,
    declared,
)
from smartsvar.settings import BASE_DIR
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.rows import SealedField, SealedModel


def said(**changes: Any) -> PersonalData:
    known: dict[str, Any] = {
        "category": Category.CONTACT, "role": Role.PROCESSOR, "purpose": "x",
        "basis": Basis.CONTRACT, "subject": "x", "keep": Keep(days=1, since="made_at"),
        "export": ("name",), "withhold": {"made_at": "technical"},
    }  # fmt: skip
    return PersonalData(**(known | changes))


def codes(model: type[models.Model], declaration: object) -> set[str]:
    return {str(fault.id).removeprefix("smartsvar.") for fault in faults_of(model, declaration)}


@pytest.fixture
def thing() -> Iterator[type[models.Model]]:
    with isolate_apps("customers"):

        class Thing(Shreddable):
            made_at = models.DateTimeField()
            name = SealedField("")
            personal_data: ClassVar[PersonalData] = said()

            class Meta:
                app_label = "customers"

            def __str__(self) -> str:
                return ""

        yield Thing


def test_the_project_declares_everything() -> None:
    assert check_declarations(None) == []


def test_an_undeclared_model_fails_the_check(thing: type[models.Model]) -> None:
    assert codes(thing, None) == {"E001"}


def test_a_sealed_model_cannot_claim_to_hold_nothing(thing: type[models.Model]) -> None:
    assert codes(thing, NoPersonalData(because="x")) == {"E002"}


def test_a_true_declaration_passes(thing: type[models.Model]) -> None:
    assert codes(thing, said()) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"withhold": {}}, "E003"),
        ({"export": ("name", "nose")}, "E004"),
        ({"export": ("name", "made_at"), "withhold": {}}, "E005"),
        ({"keep": Keep(days=1, since="name")}, "E007"),
        ({"keep": Keep(days=1, since="id")}, "E007"),
        ({"keep": Keep(days=1, since="made_at.there")}, "E007"),
        ({"keep": Keep(days=1, since="made_at", shortened_by="made_at")}, "E007"),
        ({"keep": Keep(with_parent="made_at")}, "E007"),
        ({"keep": Keep(days=1)}, "E008"),
        ({"others": ("made_at",)}, "E010"),
        ({"belongs_to": {"name": "made_at"}}, "E011"),
        ({"belongs_to": {"name": "nobody"}}, "E011"),
        ({"belongs_to": {"made_at": "made_at"}}, "E011"),
        ({"for_owner": {"name": "name"}}, "E013"),
        ({"for_owner": {"made_at": "made_by"}}, "E013"),
    ],
)
def test_a_false_declaration_fails(
    thing: type[models.Model], changes: dict[str, Any], code: str
) -> None:
    assert codes(thing, said(**changes)) == {code}


def test_what_is_to_be_shredded_must_be_shreddable() -> None:
    user = apps.get_model("customers.User")
    declaration = declaration_of(user)
    assert isinstance(declaration, PersonalData)
    assert "E006" in codes(user, PersonalData(**(vars(declaration) | {"erase": Erase.SHRED})))


@pytest.mark.parametrize("model", [m for m, _ in declared()], ids=lambda m: m._meta.label)
def test_personal_text_is_sealed_or_says_why(model: type[models.Model]) -> None:
    declaration = declaration_of(model)
    assert isinstance(declaration, PersonalData)
    open_fields = {name for name, sealed in fields_of(model).items() if not sealed}
    text = {
        f.name
        for f in model._meta.concrete_fields
        if isinstance(f, models.CharField | models.TextField) and f.name in open_fields
    }
    assert text <= set(declaration.readable) | set(declaration.withhold)


@pytest.mark.parametrize(
    "model",
    [m for m in apps.get_models() if issubclass(m, SealedModel)],
    ids=lambda m: m._meta.label,
)
def test_a_sealed_model_shows_only_its_id(model: type[SealedModel]) -> None:
    assert (
        str(model(id="01a201a7-aaa5-7ab2-b0d6-10101b4ae3b4"))
        == "01a201a7-aaa5-7ab2-b0d6-10101b4ae3b4"
    )


def test_the_table_in_the_docs_is_made_from_the_code() -> None:
    stored = (BASE_DIR / "docs" / "personal-data.md").read_text(encoding="utf-8")
    with translation.override("en"):
        made = table()
    assert stored == made, "Run `python manage.py personal_data --write`."


def test_foreign_keys_point_down_like_imports() -> None:
    """No lower floor's table refers to a higher one's."""
    floors = [
        "vault",
        "shredding",
        "audit",
        "customers",
        "recordings phone_messages subprocessors",
        "privacy",
    ]
    level = {app: n for n, group in enumerate(floors) for app in group.split()}
    for model in apps.get_models():
        here = level.get(model._meta.app_label)
        for field in model._meta.concrete_fields:
            related = field.related_model
            if here is None or not isinstance(related, type):
                continue
            there = level.get(related._meta.app_label)
            same_app = related._meta.app_label == model._meta.app_label
            assert there is None or there < here or same_app, f"{model._meta.label}.{field.name}"


PERIOD = re.compile(
    r"\b(\d+|one|two|three|four|five|six|twelve|twenty-four)\s+(months?|weeks?|days?)\b", re.I
)
NOT_RETENTION = {"3 months"}  # how long an API key may live: its maker's choice


def test_no_text_that_people_read_says_a_period_of_its_own() -> None:
    catalogue = (BASE_DIR / "locale" / "sv" / "LC_MESSAGES" / "django.po").read_text("utf-8")
    said = re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE)
    assert len(said) > 300
    assert {text for text in said if PERIOD.search(text)} <= NOT_RETENTION
