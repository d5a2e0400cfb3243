"""What the demo has published: terms in force, earlier and coming, and news of the service."""

from datetime import datetime, timedelta
from pathlib import Path

from customers.models import Customer, Member, Role, User
from privacy.models import Acceptance, Terms, TermsKind
from privacy.record.versions import keep_versions
from privacy.terms.steps import accept, day_of, publish, write_draft
from smartsvar.bulletins.actions import publish as announce
from smartsvar.bulletins.models import Bulletin
from smartsvar.demo.fiction import SUPPORT

TEXTS = Path(__file__).parent / "texts"
EARLIER = {"trettio dagar": "tjugo dagar", "thirty days": "twenty days"}
HISTORY = ((TermsKind.GENERAL, 400), (TermsKind.SERVICE, 400), (TermsKind.LEVEL, 400),
           (TermsKind.GENERAL, 90))  # fmt: skip
COMING = 35  # days ahead


def publish_papers(*, at: datetime) -> None:
    """Publish the terms that had begun before the customers came, and keep the policy, once."""
    keep_versions(at)
    if Terms.objects.exists():
        return
    for kind, days in HISTORY:
        _publish(kind, at=at - timedelta(days=days), valid_in=0, earlier=days == 400)
    _announce(at)


def publish_coming(*, at: datetime) -> None:
    """Let each administrator have accepted what is in force; then publish what comes, once."""
    if Acceptance.objects.exists():
        return
    for customer in Customer.objects.timely():
        by = Member.objects.filter(customer=customer, role=Role.ADMINISTRATOR).first()
        if by is None:
            continue
        for terms in Terms.objects.published():
            accept(terms, by=by, at=at - timedelta(days=20))
    _publish(TermsKind.LEVEL, at=at, valid_in=COMING, earlier=False)


def _publish(kind: TermsKind, *, at: datetime, valid_in: int, earlier: bool) -> None:
    texts = [(TEXTS / f"{kind}.{each}.txt").read_text(encoding="utf-8") for each in ("sv", "en")]
    for now, then in EARLIER.items() if earlier else ():
        texts = [text.replace(now, then) for text in texts]
    day = day_of(at) + timedelta(days=valid_in)
    terms = Terms(kind=kind, valid_from=day, text_sv=texts[0], text_en=texts[1])
    support = User.objects.get(email=SUPPORT.email)
    write_draft(terms, by=support, at=at)
    publish(terms, by=support, at=at)


def _announce(at: datetime) -> None:
    support = User.objects.get(email=SUPPORT.email)
    night = at.replace(hour=1, minute=0, second=0, microsecond=0)
    for facts in (
        {"kind": "maintenance", "starts_at": night + timedelta(days=5),
         "ends_at": night + timedelta(days=5, hours=2), "title_sv": "Byte av databasserver",
         "title_en": "A new database server",
         "text_sv": "Samtal besvaras som vanligt. Mina Sidor och API:et kan vara borta i några"
                    " minuter.",
         "text_en": "Calls are answered as usual. Mina Sidor and the API may be away for some"
                    " minutes."},
        {"kind": "disturbance", "starts_at": night - timedelta(days=23, hours=-8),
         "ends_at": night - timedelta(days=23, hours=-9), "title_sv": "Mejl om meddelanden dröjde",
         "title_en": "Mail about messages was late",
         "text_sv": "En mejlserver svarade inte. Inget gick förlorat; alla mejl skickades när den"
                    " var tillbaka.",
         "text_en": "A mail server did not answer. Nothing was lost; all mail was sent when it was"
                    " back."},
        {"kind": "news", "starts_at": night - timedelta(days=40), "title_sv": "Den här sidan är ny",
         "title_en": "This page is new",
         "text_sv": "Här står hur tjänsten fungerar, vad som är planerat och vad som har hänt.",
         "text_en": "Here stands how the service is, what is planned and what has happened."},
    ):  # fmt: skip
        announce(Bulletin(**facts), by=support, at=at)
