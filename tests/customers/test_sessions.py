"""A session in the database is no session for whoever reads the database."""

import pytest
from django.urls import reverse

from customers.models import Session
from tests import cast
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_thief_of_the_table_is_not_signed_in(anna: cast.House) -> None:
    address = reverse("recordings:list", args=[anna.customer.number])
    hers = browser()
    hers.force_login(anna.reader.user)
    assert hers.get(address).status_code == 200
    (row,) = Session.objects.all()
    name = next(iter(hers.cookies))
    assert hers.cookies[name].value != row.session_key
    thief = browser()
    thief.cookies[name] = row.session_key
    assert thief.get(address).status_code == 302
    assert hers.get(address).status_code == 200


def test_signing_out_ends_the_session_in_the_table(anna: cast.House) -> None:
    hers = browser()
    hers.force_login(anna.reader.user)
    kept = {name: each.value for name, each in hers.cookies.items()}
    assert Session.objects.count() == 1
    hers.logout()
    assert Session.objects.count() == 0
    hers.cookies.load(kept)
    assert hers.get(reverse("portal:home")).status_code == 302


def test_a_new_key_at_sign_in_leaves_nothing_of_the_old_one(anna: cast.House) -> None:
    hers = browser()
    session = hers.session
    session["seen"] = "before"
    session.save()
    hers.cookies["__Host-session"] = str(session.session_key)
    hers.force_login(anna.reader.user)
    assert Session.objects.count() == 1
