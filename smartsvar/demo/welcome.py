"""What a newcomer sees when the demo is up: addresses, logins, a curl line to paste."""

import json
import shlex
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from smartsvar.demo.environment import VAR


def welcome(url: str, *, now: datetime) -> str:
    """The text to print; reads what `manage.py demo_data` left in var/demo.json."""
    facts = json.loads((VAR / "demo.json").read_text())
    return f"""
Smartsvar runs at {url}/
  Mina Sidor      {url}/mina-sidor/
  Support admin   {url}/admin/
  API reference   {url}/api/v1/docs/
  The demo's mail {url}/demo/mail/

Sign in as (all people are fictional):
{_logins(facts["logins"])}

Deliver a call:
  {curl_line(url, facts["api_key"], Path(facts["sample_wav"]), now=now)}

Logs are in {VAR}/logs. Ctrl-C ends everything; the data is kept (make demo-reset starts afresh)."""


def _logins(logins: list[dict[str, Any]]) -> str:
    widths = [max(len(login[field]) for login in logins) for field in ("email", "password")]
    return "\n".join(
        f"  {login['email']:{widths[0]}}  {login['password']:{widths[1]}}  {login['who']}"
        for login in logins
    )


def curl_line(url: str, api_key: str, sample: Path, *, now: datetime) -> str:
    """Post the sample as a call that has just ended and was as long as its audio."""
    with wave.open(str(sample), "rb") as audio:
        length = timedelta(seconds=audio.getnframes() / audio.getframerate())
    fields = {
        "audio": f"@{sample}",
        "started_at": _iso(now - length),
        "ended_at": _iso(now),
        "caller_number": "+46701740610",
        "caller_name": "Testsson",
        "called_number": "+46846500401",
    }
    form = " ".join(f"-F {shlex.quote(f'{name}={value}')}" for name, value in fields.items())
    key = shlex.quote(f"Authorization: Bearer {api_key}")
    return f"curl -sS -X POST -H {key} {form} {url}/api/v1/recordings/"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
