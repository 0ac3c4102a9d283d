"""The sites that carry the widget."""

from __future__ import annotations

from orchestrator.application.records import Json, Site


def site_view(site: Site) -> Json:
    """→ `Site`."""
    return {
        "id": site.id,
        "name": site.name,
        "key": site.key,
        "allowed_origins": list(site.allowed_origins),
        "language": site.language,
        "bot": site.bot,
    }


class Sites:
    async def create(
        self, *, site_id: str, name: str, allowed_origins: list[str], language: str = "fr", bot: bool = True
    ) -> Site:
        """Raises:
        Conflict: the id is taken (``site_taken``).
        Invalid: an origin is not ``scheme://host[:port]`` (``invalid_origin``).
        """
        raise NotImplementedError

    async def list(self) -> list[Site]:
        raise NotImplementedError

    async def get(self, site_id: str) -> Site:
        """Raises:
        NotFound: there is no such site.
        """
        raise NotImplementedError
