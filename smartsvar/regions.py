"""Where data may lie: the EU and EEA, unless the operator allows less. Settings are held to it.

Where a server stands cannot be seen from its name, so the operator declares the country; what the
settings do show (the region of an AWS address) must agree.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

# The EU's 27 member states with Iceland, Liechtenstein and Norway (EEA agreement, article 126).
EEA = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV",
    "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO",
})  # fmt: skip
# docs.aws.amazon.com, “AWS Regions”: those in the EU; any other name of that shape is outside.
AWS_REGIONS = {
    "eu-central-1": "DE", "eu-north-1": "SE", "eu-south-1": "IT", "eu-south-2": "ES",
    "eu-west-1": "IE", "eu-west-3": "FR", "eusc-de-east-1": "DE",
}  # fmt: skip
AWS_SHAPE = re.compile(r"\b[a-z]{2,4}(?:-[a-z]+){1,3}-\d\b")


def allowed() -> frozenset[str]:
    """Return the countries where data may lie (ISO 3166-1 alpha-2)."""
    return frozenset(code.upper() for code in settings.DATA_REGIONS) or EEA


def faults() -> list[str]:
    """Return what of the settings points outside the allowed countries, or does not say where."""
    return [] if settings.DEMO else [*_undeclared(), *_revealed()]


@register()
def check_regions(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The same as a system check; a process of the service asks at its start by itself."""
    return [Error(text, id="smartsvar.E030") for text in faults()]


def _undeclared() -> Iterator[str]:
    broker = ["OIDC_COUNTRY"] if settings.OIDC_ISSUER else []
    for variable in ("HOSTING_COUNTRY", "STORAGE_COUNTRY", "MAIL_COUNTRY", *broker):
        country = getattr(settings, variable).upper()
        if not country:
            yield f"{variable} is not set: say in which country it is (SE, DE …)."
        elif country not in allowed():
            yield f"{variable} is {country}: data may lie only in {', '.join(sorted(allowed()))}."


def _revealed() -> Iterator[str]:
    """Yield what an AWS region's name gives away, whatever has been declared."""
    for variable, text in _named().items():
        for region in AWS_SHAPE.findall(text):
            country = AWS_REGIONS.get(region, "")
            if country not in allowed():
                yield f"{variable} names the region {region}, which lies outside what is allowed."


def _named() -> dict[str, str]:
    """Return the settings in which a region can stand."""
    found = {"EMAIL_URL": settings.EMAIL_HOST}
    for alias, variable in {"default": "DATABASE_URL", "keys": "KEYS_DATABASE_URL"}.items():
        found[variable] = str(settings.DATABASES[alias].get("HOST") or "")
    found["BROKER_URL"] = urlsplit(str(settings.CELERY_BROKER_URL)).hostname or ""
    if settings.STORAGE == "s3":
        options = settings.STORAGES["sealed"]["OPTIONS"]
        found["S3_REGION"] = str(options["region_name"])
        found["S3_ENDPOINT"] = urlsplit(str(options["endpoint_url"])).hostname or ""
    return found
