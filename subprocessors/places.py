"""Countries by their code (ISO 3166-1 alpha-2): the EEA's, and others where subprocessors sit."""

from typing import Any

from django.utils.translation import gettext_lazy as _

COUNTRIES: dict[str, Any] = {
    "AT": _("Austria"), "BE": _("Belgium"), "BG": _("Bulgaria"), "HR": _("Croatia"),
    "CY": _("Cyprus"), "CZ": _("Czechia"), "DK": _("Denmark"), "EE": _("Estonia"),
    "FI": _("Finland"), "FR": _("France"), "DE": _("Germany"), "GR": _("Greece"),
    "HU": _("Hungary"), "IS": _("Iceland"), "IE": _("Ireland"), "IT": _("Italy"),
    "LV": _("Latvia"), "LI": _("Liechtenstein"), "LT": _("Lithuania"), "LU": _("Luxembourg"),
    "MT": _("Malta"), "NL": _("Netherlands"), "NO": _("Norway"), "PL": _("Poland"),
    "PT": _("Portugal"), "RO": _("Romania"), "SK": _("Slovakia"), "SI": _("Slovenia"),
    "ES": _("Spain"), "SE": _("Sweden"), "CA": _("Canada"), "IN": _("India"), "IL": _("Israel"),
    "JP": _("Japan"), "CH": _("Switzerland"), "GB": _("United Kingdom"), "US": _("United States"),
}  # fmt: skip


def country_name(code: str) -> str:
    """Return the country's name in the reader's language; the code where there is none here."""
    return str(COUNTRIES.get(code, code))
