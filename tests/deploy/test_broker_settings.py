"""The broker's settings: whole or none, and an address that a browser may be sent to."""

import os
import subprocess
import sys

import pytest

from smartsvar.settings import BASE_DIR

WHOLE = {
    "OIDC_NAME": "BankID", "OIDC_ISSUER": "https://broker.example.se/", "OIDC_CLIENT_ID": "vi",
    "OIDC_CLIENT_SECRET": "hemligt",
}  # fmt: skip


def started(**changed: str) -> str:
    """Read the settings as a process does at its start; return what is wrong with them, or ""."""
    command = [sys.executable, "-c", "import smartsvar.settings"]
    env = os.environ | WHOLE | changed
    done = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_all_of_them_or_none() -> None:
    assert started() == ""
    assert started(**dict.fromkeys(WHOLE, "")) == ""


@pytest.mark.parametrize("variable", WHOLE)
def test_one_that_is_missing_stops_the_start(variable: str) -> None:
    assert "or none of them" in started(**{variable: " "})


@pytest.mark.parametrize(
    "issuer",
    ["http://broker.example.se", "broker.example.se", "https://", "javascript:alert(1)",
     "https://broker.example.se/?x=1", "https://broker.example.se/#x", "https://a:b@broker.se"],
)  # fmt: skip
def test_an_address_that_will_not_do_stops_the_start(issuer: str) -> None:
    said = started(OIDC_ISSUER=issuer)
    assert "OIDC_ISSUER is the broker's address" in said
    assert "hemligt" not in said
