"""Fill the demo: customers, people, keys, calls and messages, and the file that tells of them."""

from datetime import datetime

from customers.actions.keys import find_api_key
from privacy.purging.derivations import derive_changed
from smartsvar.demo import environment
from smartsvar.demo.facts import ALL_SCOPES, Facts
from smartsvar.demo.fiction import BOOKKEEPER, COMPANIES, PLUMBER, SUPPORT, Company
from smartsvar.demo.handling import handle_messages
from smartsvar.demo.houses import make_support_agent, open_company
from smartsvar.demo.papers import publish_coming, publish_papers
from smartsvar.demo.permissions import permit_and_sign
from smartsvar.demo.rights import announce_another, keep_register, use_rights
from smartsvar.demo.traffic import receive_calls, take_messages
from smartsvar.demo.voices import make_call

SAMPLE_SECONDS = 20
PLATFORM_SCOPES = ["recordings:write", "messages:write"]


def fill(*, at: datetime) -> None:
    """Make what is not there yet. What was there and has been purged or deleted stays gone."""
    environment.make_folders()
    facts = Facts(environment.VAR / "demo.json")
    make_support_agent(facts, at=at)
    facts.describe(SUPPORT, "support agent, for /admin/ only")
    keep_register(at=at)
    publish_papers(at=at)
    for company in COMPANIES:
        _fill_company(company, facts, at=at)
    publish_coming(at=at)
    announce_another(at=at)
    facts.key("platform_key", None, PLATFORM_SCOPES, at)
    facts.known["sample_wav"] = _sample()
    facts.write()
    derive_changed()  # else the pages say for the first minutes that dates are being worked out


def _fill_company(company: Company, facts: Facts, *, at: datetime) -> None:
    customer = open_company(company, facts, at=at)
    for role, person in company.people.items():
        where = company.details.company_name
        facts.describe(person, f"{role.value} at {where} ({customer.number})")
    facts.describe(BOOKKEEPER, "reader at both customers")
    name = "api_key" if company is PLUMBER else f"api_key_{customer.number}"
    key = find_api_key(facts.key(name, customer, ALL_SCOPES, at), at)
    facts.write()
    if key is None or facts.has_traffic(customer):
        return
    receive_calls(company, customer, key, now=at)
    take_messages(company, customer, key, now=at)
    handle_messages(customer, at=at)
    if company is PLUMBER:
        use_rights(customer, at=at)
        permit_and_sign(customer, at=at)
    facts.note_traffic(customer)


def _sample() -> str:
    """Return the path of a WAV to send with the printed curl line, made if it is not there."""
    path = environment.VAR / "sample.wav"
    if not path.exists():
        path.write_bytes(make_call(SAMPLE_SECONDS, "wav", seed=1))
    return str(path)
