"""Which pages `make screenshots` takes: those with an address, and those a link on one leads to."""

import re

from playwright.sync_api import Page

ONE = "[0-9a-f-]{36}"
OPEN = {
    "front": "/", "status": "/status/", "terms": "/villkor/", "cookies": "/kakor/",
    "contact": "/kontakt/", "policy": "/integritetspolicy/", "subprocessors": "/underbitraden/",
    "policy-versions": "/integritetspolicy/versioner/", "sign-in": "/konto/login/",
    "password-forgotten": "/konto/password/reset/", "not-found": "/finns-inte/",
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
    "privacy": "/integritet/", "listening": "/integritet/lyssning/",
    "listening-period": "/integritet/lyssning/ny", "insight": "/integritet/insyn/",
    "deletions": "/integritet/gallring/", "requests": "/integritet/arenden/",
    "request-new": "/integritet/arenden/nytt", "exports": "/integritet/utdrag/",
    "export-new": "/integritet/utdrag/nytt", "agreement": "/integritet/avtal/",
    "terms-accepted": "/integritet/villkor/",
    "erasures": "/integritet/radera/", "account-close": "/integritet/radera/konto",
    "restriction": "/integritet/begransa/", "subprocessor-notices": "/integritet/underbitraden/",
}  # fmt: skip
LINKED = {  # on which page the link to it stands, and what its address ends like
    "call": ("calls", f"/samtal/{ONE}/"),
    "call-delete": ("call", f"/samtal/{ONE}/ta-bort"),
    "call-listening": ("call", f"/samtal/{ONE}/lyssning"),
    "call-restrict": ("call", f"/begransa/post/{ONE}"),
    "message": ("messages", f"/meddelanden/{ONE}/"),
    "message-delete": ("message", f"/meddelanden/{ONE}/ta-bort"),
    "message-send": ("message", f"/meddelanden/{ONE}/skicka"),
    "person": ("staff", f"/personal/{ONE}/"),
    "person-remove": ("person", f"/personal/{ONE}/ta-bort"),
    "person-erase": ("person", f"/radera/post/{ONE}"),
    "absence-new": ("person", f"/personal/{ONE}/franvaro"),
    "absence": ("absences", f"/franvaro/{ONE}/"),
    "absence-remove": ("absence", f"/franvaro/{ONE}/ta-bort"),
    "member-remove": ("members", f"/medlemmar/{ONE}/ta-bort"),
    "key-revoke": ("keys", f"/nycklar/{ONE}/aterkalla"),
    "request": ("requests", f"/arenden/{ONE}/"),
    "policy-version": ("policy-versions", f"/versioner/{ONE}/"),
    "mail": ("mails", "/demo/mail/.+"),
}


def addresses(page: Page, house: str) -> dict[str, str]:
    """Return every page's address, asking the site for those behind links."""
    found = ACCOUNT | {name: house + below for name, below in HOUSE.items()}
    for name, (where, ending) in LINKED.items():
        found[name] = _link(page, (OPEN | found)[where], re.compile(f"{ending}$"))
    return found


def _link(page: Page, address: str, ending: re.Pattern[str]) -> str:
    """Return the first address in a page's content that ends so."""
    page.goto(address)
    links = [link.get_attribute("href") or "" for link in page.locator("main a").all()]
    try:
        return next(link for link in links if ending.search(link))
    except StopIteration:
        raise LookupError(f"no link on {address} ends like {ending.pattern}") from None
