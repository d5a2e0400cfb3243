"""What a person at the demo must know, kept in var/demo.json: logins, keys, a sample to send."""

import json
import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from customers.actions.keys import create_api_key, find_api_key
from customers.models import Customer, Scope
from smartsvar.audit.actors import SYSTEM
from smartsvar.demo.fiction import Person

KEY_DAYS = 366
SYLLABLES = ("ba", "do", "fi", "gru", "ka", "le", "mo", "nu", "pri", "ro", "sy", "ta", "vi", "ze")


class Facts:
    """The file's content; secrets that it knows are used again, others are made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self.people: dict[str, dict[str, str]] = {
            login["email"]: login for login in self.known.get("logins", [])
        }

    def knows(self, person: Person) -> bool:
        return person.email in self.people

    def password_of(self, person: Person) -> str:
        """Return the person's password, made at the first call."""
        made = {"who": "", "email": person.email, "password": make_password()}
        return self.people.setdefault(person.email, made)["password"]

    def describe(self, person: Person, who: str) -> None:
        """Say who a login is, for the list that `make demo` prints."""
        self.people[person.email]["who"] = who

    def key(self, name: str, customer: Customer | None, scopes: Sequence[str], at: datetime) -> str:
        """Return the integrator's key under this name; a new one where the known has ended."""
        shown: str = self.known.get(name, "")
        if not shown or find_api_key(shown, at) is None:
            label = "Demons integratör" if customer else "Demons plattform"
            _, shown = create_api_key(
                customer, label=label, scopes=scopes, days=KEY_DAYS, by=SYSTEM, at=at
            )
            self.known[name] = shown
        return shown

    def has_traffic(self, customer: Customer) -> bool:
        return str(customer.id) in self.known.get("filled", [])

    def note_traffic(self, customer: Customer) -> None:
        """Remember that this customer has had its calls, so that what is gone stays gone."""
        self.known["filled"] = sorted({*self.known.get("filled", []), str(customer.id)})
        self.write()

    def write(self) -> None:
        """Write the file, for its owner's eyes only."""
        self.known["logins"] = list(self.people.values())
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        text = json.dumps(self.known, ensure_ascii=False, indent=1)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(self.path)


def make_password() -> str:
    """Return a password that can be typed: ten of fourteen syllables, 38 bits."""
    words = ("".join(secrets.choice(SYLLABLES) for _ in range(5)) for _ in range(2))
    return "-".join(words)


ALL_SCOPES = list(Scope.values)
