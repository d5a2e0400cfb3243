"""Who acts: a pseudonymous name for the trail."""

from typing import NamedTuple, Protocol
from uuid import UUID


class Actor(NamedTuple):
    """kind is member, key, support or system; id is that row's id (None for the system)."""

    kind: str
    id: UUID | None = None


def pseudonym(agent: UUID | None) -> str:
    """Return what tells one support agent from another, and names nobody."""
    return agent.hex[-6:] if agent else "–"


class Acting(Protocol):
    """Anything that can act: a member, an API key, a support agent."""

    @property
    def actor(self) -> Actor: ...


class _System:
    """The service itself: the purge, the sealer, a command run by an operator."""

    actor = Actor("system")


SYSTEM = _System()
