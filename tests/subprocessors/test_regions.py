"""Settings that point outside the EEA, or do not say where, stop the start. Outside the demo."""

from typing import Any

import pytest

from smartsvar import regions
from smartsvar.startup import NotReady, require_ready

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def here(settings: Any) -> Any:
    """Settings of an installation in Sweden with its storage in Amazon's Stockholm."""
    settings.DEMO, settings.DATA_REGIONS = False, []
    settings.HOSTING_COUNTRY = settings.STORAGE_COUNTRY = settings.MAIL_COUNTRY = "SE"
    settings.STORAGE, settings.EMAIL_HOST = "s3", "smtp.example.se"
    bucket(settings, "eu-north-1", "https://s3.eu-north-1.amazonaws.com")
    return settings


def bucket(settings: Any, region: str, endpoint: str) -> None:
    options = {"region_name": region, "endpoint_url": endpoint}
    settings.STORAGES = settings.STORAGES | {"sealed": {"OPTIONS": options}}


def test_an_installation_in_sweden_is_well(here: Any) -> None:
    assert regions.faults() == []
    assert regions.check_regions(None) == []


@pytest.mark.parametrize("variable", ["HOSTING_COUNTRY", "STORAGE_COUNTRY", "MAIL_COUNTRY"])
@pytest.mark.parametrize("country", ["", "US", "GB", "CH", "XX"])
def test_a_country_that_is_missing_or_outside_fails(here: Any, variable: str, country: str) -> None:
    setattr(here, variable, country)
    (fault,) = regions.faults()
    assert variable in fault
    assert [error.id for error in regions.check_regions(None)] == ["smartsvar.E030"]


def test_where_a_broker_is_must_be_said_if_there_is_one(here: Any) -> None:
    here.OIDC_ISSUER, here.OIDC_COUNTRY = "https://broker.example.se", ""
    (fault,) = regions.faults()
    assert "OIDC_COUNTRY" in fault
    here.OIDC_COUNTRY = "DK"
    assert regions.faults() == []


@pytest.mark.parametrize(
    "region", ["us-east-1", "eu-west-2", "eu-central-2", "ap-south-1", "us-gov-west-1"]
)
def test_an_amazon_region_outside_fails_whatever_is_declared(here: Any, region: str) -> None:
    bucket(here, region, "https://storage.example.se")
    assert any("S3_REGION" in fault for fault in regions.faults())
    bucket(here, "eu-north-1", f"https://s3.{region}.amazonaws.com")
    assert any("S3_ENDPOINT" in fault for fault in regions.faults())


def test_a_mail_server_that_names_a_region_outside_fails(here: Any) -> None:
    here.EMAIL_HOST = "email-smtp.us-east-1.amazonaws.com"
    (fault,) = regions.faults()
    assert "us-east-1" in fault


@pytest.mark.parametrize("variable", ["DATABASE_URL", "KEYS_DATABASE_URL", "BROKER_URL"])
def test_a_database_or_broker_that_names_a_region_outside_fails(
    here: Any, monkeypatch: Any, variable: str
) -> None:
    host = "db.abc.us-east-1.rds.amazonaws.com"
    alias = {"DATABASE_URL": "default", "KEYS_DATABASE_URL": "keys"}.get(variable)
    if alias is None:
        here.CELERY_BROKER_URL = f"rediss://:us-west-2@{host}:6379/0"
    else:
        monkeypatch.setitem(here.DATABASES[alias], "HOST", host)
    (fault,) = regions.faults()
    assert fault.startswith(f"{variable} names the region us-east-1")


def test_a_storage_that_is_no_amazon_is_where_the_operator_says(here: Any) -> None:
    bucket(here, "garage", "https://s3.example.se")
    assert regions.faults() == []


def test_the_operator_may_allow_less(here: Any) -> None:
    here.DATA_REGIONS = ["SE"]
    assert regions.faults() == []
    here.MAIL_COUNTRY = "DE"
    assert len(regions.faults()) == 1
    here.MAIL_COUNTRY = "SE"
    bucket(here, "eu-central-1", "https://storage.example.se")
    assert len(regions.faults()) == 1


def test_the_demo_is_exempt(here: Any) -> None:
    here.DEMO, here.HOSTING_COUNTRY = True, ""
    assert regions.faults() == []


def test_a_process_does_not_start_and_says_why(here: Any) -> None:
    here.STORAGE_COUNTRY = "US"
    with pytest.raises(NotReady, match="STORAGE_COUNTRY is US"):
        require_ready()
