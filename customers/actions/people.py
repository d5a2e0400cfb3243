"""What a person decides about its own sign-in."""

from customers.models import User


def choose_language(person: User, language: str) -> None:
    """Write to the person in this language from now on; "": in that of the page it is on."""
    person.language = language
    person.save(update_fields=["language"])
