"""Every address of the product, read from its resolver, so that a new one without a case is noticed."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """(name, route, names of parameters) of every address of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            assert isinstance(entry, URLPattern)
            yield entry.name or route, route, list(entry.pattern.converters)
