"""Pages that no address gives away: behind a form posted, of a house of another kind, of trouble.

That every page's template is among what is walked, test_walk.py holds.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold, restrict
from customers.actions.invitations import invite
from customers.actions.members import change_role, change_sight, join
from customers.models import Hold, Role, Sees, Target
from messages.handling import assign_message
from privacy.agreements.versions import in_language, version_of
from privacy.cases.steps import decide, extend, open_case
from privacy.erasures.steps import ask_erasure
from privacy.models import Case, CaseKind, CaseState
from smartsvar.audit.actors import SYSTEM
from smartsvar.bulletins.actions import publish
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from smartsvar.settings import BASE_DIR
from subprocessors.notices import today
from tests import cast
from tests.conformance.tenant_targets import TARGETS
from tests.customers.test_second_factor import at_the_set_up
from tests.journeys.walk import Look, World, empty, filled
from tests.privacy import papers
from tests.subprocessors.register import agreed, announced, engaged, objected

FRAMES = {"base", "error"}


def everything(world: World) -> Iterator[Look]:
    """Yield all there is to look at, beside the pages of trouble."""
    yield from filled(world)
    yield from empty(world)
    yield from behind_forms(world)
    yield from other_houses(world)
    yield from requests(world)
    yield from invitations(world)


def prepare(world: World) -> None:
    """Put on the pages what a planted house lacks: news, a day away, a colleague's message."""
    at, by = database_now(), world.anna.administrator
    for kind, begins in (("maintenance", 30), ("disturbance", -50), ("disturbance", -1)):
        start = at + timedelta(hours=begins)
        made = Bulletin(
            kind=kind, starts_at=start, ends_at=start + timedelta(hours=2), title_sv="Rubrik",
            title_en="Heading", text_sv="Text.", text_en="Text.",
        )  # fmt: skip
        publish(made, by=SYSTEM, at=at)
    papers.draft_of_terms()
    day = today(at)
    agreed(engaged(starts_on=day), signed_on=day)
    engaged("Ankcloud Inc.", starts_on=day, country="US", safeguard="SCC 2021/914, module 3")
    announced()
    objected(world.anna.customer)
    add_absence(world.anna.staff, AbsenceFacts(starts_at=at, kind="holiday"), by=by, at=at)
    assign_message(cast.message_of(world.anna), world.anna.member, by=by, at=at)
    change_sight(world.anna.reader, sees=Sees.ALL, staff=world.anna.staff, by=by, at=at)


def behind_forms(world: World) -> Iterator[Look]:
    """Yield what Anna gets by posting: what would happen, what was found, what is shown once."""
    house = world.anna
    here = f"/mina-sidor/{house.customer.number}/"
    caller = {"caller": cast.PLANTED_NUMBER}
    yield Look("anna", here + "handelser/", {"text": "zacharias"}, what="found")
    yield Look("anna", here + "handelser/", {"text": "finns inte"}, what="not found")
    gone = f"franvaro/{TARGETS['customers:absence_remove'](house)}/ta-bort"
    yield Look("anna", here + gone, {"yes": "1"}, what="removed")
    yield Look("anna", here + "personal/ta-bort", {"person": [str(house.staff.id)]})
    swap = {"old": house.staff.email, "new": "info@ankdamms.example"}
    yield Look("anna", here + "adressbyte/", swap, what="where it stands")
    yield Look(
        "anna", here + "nycklar/ny", {"label": "Växel", "scopes": ["staff:read"], "days": "90"}
    )
    day = today(database_now())
    yield Look("anna", here + f"franvaro/?month={day:%Y-%m}&day={day}", what="one day")
    yield Look("anna", here + "installningar/", {"recording_days": "1"}, what="shorter")
    rights = here + "integritet/"
    version = version_of(in_language(house.customer, "sv", today(database_now())))
    yield Look("anna", f"{rights}avtal/signera?version={version}", what="signing")
    yield Look("anna", rights + "sok/", caller, what="found")
    yield Look("anna", rights + "sok/", {"caller": "070-174 06 98"}, what="not found")
    yield Look("anna", rights + "radera/uppringare", caller, what="would go")
    yield Look("anna", rights + "begransa/uppringare", caller, what="would be restricted")


def other_houses(world: World) -> Iterator[Look]:
    """Yield what somebody else sees: a reader, of two customers, restricted, about to close."""
    house, at = world.anna, database_now()
    here = f"/mina-sidor/{house.customer.number}/"
    for inner in ("", "samtal/", "meddelanden/", "integritet/", "personal/"):
        yield Look("rut", here + inner, what="a reader")
    yield Look("rut", "/konto/", what="second factor")
    yield Look("anna", here + "meddelanden/?state=x", what="wrong filter")
    yield Look("anna", here + "samtal/?since=2020-01-01&caller=070-174+06+66", what="filtered")
    join(world.cecilia.customer, house.member.user, role=Role.READER, name="Bertil", at=at)
    world.visitors["bertil"] = at_the_set_up(house.member.user)
    yield Look("bertil", "/mina-sidor/", what="two customers")
    yield from _closed(world)


def _closed(world: World) -> Iterator[Look]:
    at = database_now()
    restricted, closing = cast.open_house("Stängda AB"), cast.open_house("Slutande AB")
    whole = About(target=Target.CUSTOMER)
    restrict(restricted.customer, whole, reason="x", keeps=False, by=SYSTEM, at=at)
    ask_erasure(closing.customer, whole, by=closing.administrator, at=at, grace_days=9)
    world.visitors["restricted"] = at_the_set_up(restricted.administrator.user)
    world.visitors["closing"] = at_the_set_up(closing.administrator.user)
    here = f"/mina-sidor/{restricted.customer.number}/"
    yield Look("restricted", here, status=403)
    yield Look("restricted", here + "integritet/")
    yield Look("restricted", here + "medlemmar/", what="restricted")
    yield Look("restricted", here + "nycklar/", what="restricted")
    yield Look("closing", f"/mina-sidor/{closing.customer.number}/")
    yield Look("closing", f"/mina-sidor/{closing.customer.number}/integritet/radera/")
    yield from _leaving(closing)


def _leaving(house: cast.House) -> Iterator[Look]:
    """Yield what is asked of who gives up a role, and said of who cannot be removed."""
    by, at = house.administrator, database_now()
    change_role(house.member, Role.ADMINISTRATOR, by=by, at=at)
    stina = About(
        target=Target.STAFF, object_model=house.staff._meta.label, object_id=house.staff.pk
    )
    hold(house.customer, stina, kind=Hold.Kind.LEGAL, reason="x", ends_at=None, by=by, at=at)
    here = f"/mina-sidor/{house.customer.number}/"
    yield Look("closing", f"{here}medlemmar/{by.pk}/roll", {"role": "reader"})
    yield Look("closing", f"{here}personal/{house.staff.pk}/ta-bort", what="held")
    yield Look("closing", here + "personal/ta-bort", {"person": [str(house.staff.pk)]}, what="held")


def requests_of(house: cast.House) -> list[Case]:
    """Make a request that is open, one that took longer, one that is answered."""
    zacharias = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
    found = []
    for _ in range(3):
        found.append(
            open_case(
                house.customer, CaseKind.ACCESS, zacharias, by=house.administrator,
                at=database_now(), requester=cast.PLANTED_NAME, wish="Allt om augusti.\n\nTack.",
            )
        )  # fmt: skip
    _, longer, answered = found
    extend(longer, "Det är många samtal att gå igenom.", by=SYSTEM, at=database_now())
    decide(
        answered, CaseState.REFUSED, ground="Bokföringslagen 7 kap. 2 §.",
        decision="Fakturorna sparas.", by=SYSTEM, at=database_now(),
    )  # fmt: skip
    return found


def requests(world: World) -> Iterator[Look]:
    here = f"/mina-sidor/{world.anna.customer.number}/integritet/arenden/"
    for case in requests_of(world.anna):
        yield Look("anna", f"{here}{case.id}/", what=case.state)


def invitations(world: World) -> Iterator[Look]:
    """Yield what a link of an invitation shows: to whom it is for, and to others."""
    house, at = world.anna, database_now()

    def link(email: str) -> str:
        by = house.administrator
        made = invite(house.customer, email=email, name="X", role=Role.READER, by=by, at=at)
        return f"/inbjudan/{made.token}/"

    support = cast.support_agent()
    yield Look("nobody", "/inbjudan/finns-inte/", status=410)
    yield Look("cecilia", link("annan@ny.example"), status=403, what="somebody else's")
    yield Look("nobody", link(support.email), status=403, what="support's")
    known = world.cecilia.administrator.user.email
    yield Look("nobody", link(known), what="known")
    yield Look("cecilia", link(known), what="hers")


def trouble() -> dict[str, str]:
    """Return the pages of trouble by name, as their templates make them: every one there is."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    names = {each.stem for each in (BASE_DIR / "templates").glob("*.html")} - FRAMES
    return {name: render_to_string(f"{name}.html", {"asked": True}, request) for name in names}
