"""What an identity of the broker's is called in our rows."""

from django.conf import settings
from django.utils.crypto import salted_hmac

NAME = "broker"  # the provider's; what people read is OIDC_NAME


def name_of(subject: str) -> str:
    """Return the name under which a broker's subject is known here.

    A keyed hash: some brokers' subject is the personal identity number itself, which is not kept,
    and of which there are few enough to try them all against a plain one.
    """
    return salted_hmac(f"broker {settings.OIDC_ISSUER}", subject, algorithm="sha256").hexdigest()
