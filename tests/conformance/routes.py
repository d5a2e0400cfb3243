"""Every address of the service, read from the resolver: nothing here is a list kept by hand."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)")


@dataclass(frozen=True)
class Route:
    """One pattern: its name with namespaces ("" if it has none), its text, its view."""

    name: str
    pattern: str
    view: Callable[..., Any]

    def __str__(self) -> str:
        return self.name or self.pattern

    @property
    def parameters(self) -> list[str]:
        return [first or second for first, second in PARAMETER.findall(self.pattern)]

    @property
    def admin_model(self) -> Any:
        """The model whose pages of the admin this is one of; None elsewhere."""
        return getattr(getattr(self.view, "model_admin", None), "model", None)

    def address(self, values: Mapping[str, str]) -> str:
        """Return the path with these values in the parameters' places."""
        filled = PARAMETER.sub(lambda found: values[found[1] or found[2]], self.pattern)
        return "/" + re.sub(r"[\^$]|\\Z", "", filled)


def routes() -> list[Route]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name}" if entry.name else ""
            yield Route(name, pattern, entry.callback)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, pattern, inner)
