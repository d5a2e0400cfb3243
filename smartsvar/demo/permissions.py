"""What a customer has let support hear, and what it has agreed to."""

from datetime import datetime, timedelta

from customers.models import Customer, Member, Role, User
from privacy.agreements.steps import begin_signing, sign
from privacy.agreements.versions import in_language, version_of
from privacy.models import SignedAgreement
from recordings.listening import Scope, grant_listening, let_listen, note_listening
from recordings.models import ListeningGrant, Recording
from smartsvar.demo.fiction import REASON_TO_LISTEN, SIGNERS_TITLE, SUPPORT
from subprocessors.notices import today

AGO = timedelta(days=3)


def permit_and_sign(customer: Customer, *, at: datetime) -> None:
    """Make a permission that has ended, with a listen under it, and a signed agreement, once."""
    administrator = Member.objects.select_related("customer").get(
        customer=customer, role=Role.ADMINISTRATOR
    )
    support = User.objects.get(email=SUPPORT.email)
    let_listen(support, at=at)
    if not ListeningGrant.objects.filter(customer=customer).exists():
        _permit(administrator, support, at=at - AGO)
    if not SignedAgreement.objects.of(customer.id).exists():
        _sign(administrator, at=at)


def _permit(administrator: Member, support: User, *, at: datetime) -> None:
    customer = administrator.customer
    call = Recording.objects.of(customer).filter(received_at__lt=at).newest_first().first()
    if call is None:
        return
    grant = grant_listening(
        customer, Scope(recording=call), lasts=timedelta(days=1), reason=REASON_TO_LISTEN,
        by=administrator, at=at,
    )  # fmt: skip
    note_listening(grant, call, by=support, at=at + timedelta(minutes=25))


def _sign(administrator: Member, *, at: datetime) -> None:
    language = administrator.customer.language
    version = version_of(in_language(administrator.customer, language, today(at)))
    signing = begin_signing(
        administrator, version=version, language=language, name=administrator.name,
        title=SIGNERS_TITLE, at=at,
    )  # fmt: skip
    sign(signing, signing.code, by=administrator, address="192.0.2.7", at=at)
