"""Which pages `make screenshots` takes: those with an address, those that a link on one leads to,
and those that come when something is done (tools/pictured_steps.py).

A page of the service that is none of them is missed by tests/tools/test_pictured_pages.py.
"""

import re

from playwright.sync_api import Page

ONE = "[0-9a-f-]{36}"
OPEN = {
    "front": "/", "status": "/status/", "terms": "/villkor/", "cookies": "/kakor/",
    "contact": "/kontakt/", "contact-thanks": "/kontakt/tack", "policy": "/integritetspolicy/",
    "subprocessors": "/underbitraden/", "policy-versions": "/integritetspolicy/versioner/",
    "sign-in": "/konto/login/", "password-forgotten": "/konto/password/reset/",
    "password-sent": "/konto/password/reset/done/", "not-found": "/finns-inte/",
}  # fmt: skip
ACCOUNT = {
    "account": "/konto/", "history": "/konto/historik/", "name": "/konto/namn",
    "password": "/konto/password/change/",
    "address": "/konto/email/", "second-factor": "/konto/2fa/totp/activate/",
    "passkey": "/konto/2fa/webauthn/add/", "design": "/design/", "mails": "/demo/mail/",
}  # fmt: skip
HOUSE = {  # below the customer's address
    "overview": "/", "calls": "/samtal/", "events": "/handelser/", "messages": "/meddelanden/",
    "staff": "/personal/", "staff-new": "/personal/ny", "import": "/personal/import",
    "absences": "/franvaro/", "members": "/medlemmar/", "keys": "/nycklar/",
    "key-new": "/nycklar/ny", "settings": "/installningar/", "trail": "/logg/",
    "address-swap": "/adressbyte/", "privacy": "/integritet/", "listening": "/integritet/lyssning/",
    "listening-period": "/integritet/lyssning/ny", "insight": "/integritet/insyn/",
    "deletions": "/integritet/gallring/", "requests": "/integritet/arenden/",
    "request-new": "/integritet/arenden/nytt", "exports": "/integritet/utdrag/",
    "export-new": "/integritet/utdrag/nytt", "agreement": "/integritet/avtal/",
    "terms-accepted": "/integritet/villkor/",
    "erasures": "/integritet/radera/", "account-close": "/integritet/radera/konto",
    "restriction": "/integritet/begransa/", "subprocessor-notices": "/integritet/underbitraden/",
}  # fmt: skip
LINKED = {  # on which page, or one of its kind, the link stands, and what its address ends like
    "call": ("calls", f"/samtal/{ONE}/"),
    "call-delete": ("call", f"/samtal/{ONE}/ta-bort"),
    "call-listening": ("call", f"/samtal/{ONE}/lyssning"),
    "call-restrict": ("call", f"/begransa/post/{ONE}"),
    "message": ("messages", f"/meddelanden/{ONE}/"),
    "message-delete": ("message", f"/meddelanden/{ONE}/ta-bort"),
    "message-send": ("message", f"/meddelanden/{ONE}/skicka"),
    "note": ("message", f"/anteckningar/{ONE}/"),
    "note-remove": ("message", f"/anteckningar/{ONE}/ta-bort"),
    "person": ("staff", f"/personal/{ONE}/"),
    "person-remove": ("person", f"/personal/{ONE}/ta-bort"),
    "person-erase": ("person", f"/radera/post/{ONE}"),
    "absence-new": ("person", f"/personal/{ONE}/franvaro"),
    "absence": ("absences", f"/franvaro/{ONE}/"),
    "absence-remove": ("absence", f"/franvaro/{ONE}/ta-bort"),
    "member-remove": ("members", f"/medlemmar/{ONE}/ta-bort"),
    "member-sight": ("members", f"/medlemmar/{ONE}/samtal"),
    "member-hand-over": ("members", f"/medlemmar/{ONE}/lamna-over"),
    "key-revoke": ("keys", f"/nycklar/{ONE}/aterkalla"),
    "request": ("requests", f"/arenden/{ONE}/"),
    "request-take-back": ("request", f"/arenden/{ONE}/aterta"),
    "request-letter": ("request", f"/arenden/{ONE}/brev"),
    "export-page": ("exports", f"/utdrag/{ONE}/"),
    "export-delete": ("export-page", f"/utdrag/{ONE}/ta-bort"),
    "restriction-lift": ("restriction", f"/begransa/{ONE}/hav"),
    "objection": ("subprocessor-notices", f"/underbitraden/{ONE}/invandning"),
    "terms-version": ("terms", f"/villkor/{ONE}/"),
    "policy-version": ("policy-versions", f"/versioner/{ONE}/"),
    "mail": ("mails", "/demo/mail/.+"),
}
STEPPED = {  # what its address ends like
    "sign-in-again": "/konto/reauthenticate/.*",
    "invitation": "/inbjudan/[^/]+/",
    "note-new": f"/meddelanden/{ONE}/anteckning",
    "import-plan": f"/personal/import/{ONE}/",
    "finder": "/integritet/sok/",
    "caller-restrict": "/integritet/begransa/uppringare",
    "erasure": "/integritet/radera/uppringare",
    "erasure-asked": f"/integritet/radera/{ONE}/",
    "agreement-sign": "/integritet/avtal/signera",
    "agreement-code": f"/integritet/avtal/signera/{ONE}",
    "customers": "/mina-sidor/",
    "recovery-codes": "/konto/2fa/recovery-codes/",
    "recovery-codes-new": "/konto/2fa/recovery-codes/generate/",
    "passkey-name": "/konto/2fa/webauthn/keys/[0-9]+/edit/",
    "passkey-remove": "/konto/2fa/webauthn/keys/[0-9]+/remove/",
    "second-factor-asked": "/konto/2fa/authenticate/",
}
OPENED = ("export", "export-records")  # from the unpacked archive: they have no address


def names() -> set[str]:
    """Return what every picture is called."""
    return {*_endings(), *OPENED}


def is_of(name: str, path: str) -> bool:
    """Whether the page of that name stands at this path."""
    return re.fullmatch(_endings()[name], path) is not None


def pictured(path: str) -> bool:
    """Whether a picture is taken of the page at this path."""
    return any(is_of(name, path) for name in _endings())


def _endings() -> dict[str, str]:
    plain = {name: re.escape(path) for name, path in (OPEN | ACCOUNT).items()}
    house = {name: f"/mina-sidor/[0-9]+{re.escape(below)}" for name, below in HOUSE.items()}
    below = {name: ending for name, (_, ending) in LINKED.items()} | STEPPED
    root = "(/mina-sidor/[0-9]+(/integritet)?|/integritetspolicy)?"
    return plain | house | {name: root + ending for name, ending in below.items()}


def addresses(page: Page, house: str) -> dict[str, str]:
    """Return every page's address, asking the site for those behind links. Raises LookupError."""
    found = {name: [address] for name, address in (OPEN | ACCOUNT).items()}
    found |= {name: [house + below] for name, below in HOUSE.items()}
    for name, (where, ending) in LINKED.items():
        found[name] = _links(page, found[where], re.compile(f"{ending}$"))
    return {name: each[0] for name, each in found.items() if name not in OPEN}


def _links(page: Page, addresses: list[str], ending: re.Pattern[str]) -> list[str]:
    """Return what ends so of the links on the first of these pages that has one."""
    for address in addresses:
        page.goto(address)
        links = [link.get_attribute("href") or "" for link in page.locator("main a").all()]
        if found := [link for link in links if ending.search(link)]:
            return found
    raise LookupError(f"no link on {addresses} ends like {ending.pattern}")
