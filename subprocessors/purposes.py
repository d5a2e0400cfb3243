"""What subprocessors are engaged for, as the declarations say it: purposes and kinds of data."""

from smartsvar.declared_words import CATEGORIES, PURPOSES
from smartsvar.personal_data import Role, declared


def purposes_in_use() -> list[str]:
    """Return every purpose that some declaration names."""
    return sorted({purpose for _, said in declared() for purpose in said.processors})


def purpose_choices() -> list[tuple[str, str]]:
    """Return the purposes to choose from: those in use, and those that we have words for."""
    names = dict.fromkeys([*PURPOSES, *purposes_in_use()])
    return [(name, str(PURPOSES.get(name, name))) for name in names]


def kinds_of_data(purpose: str) -> list[str]:
    """Return the kinds of data that whoever is engaged for this touches, for people."""
    found = {said.category for _, said in declared() if purpose in said.processors}
    return sorted(str(CATEGORIES[category]) for category in found)


def processes_for_customers(purpose: str) -> bool:
    """Tell whether some of it is customers' own data: then it is a subprocessor's (art. 28(2))."""
    return any(said.role is Role.PROCESSOR for _, said in declared() if purpose in said.processors)
