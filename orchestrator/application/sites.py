"""The sites that carry the widget."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.application.errors import Conflict, Invalid, NotFound
from orchestrator.application.ports import Ids, Store
from orchestrator.application.records import Json, Site

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def site_view(site: Site) -> Json:
    """→ `Site`."""
    return {
        "id": site.id,
        "name": site.name,
        "key": site.key,
        "allowed_origins": list(site.allowed_origins),
        "language": site.language,
        "bot": site.bot,
        "bot_id": site.bot_id,
    }


class Sites:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(
        self,
        *,
        site_id: str,
        name: str,
        allowed_origins: list[str],
        language: str = "fr",
        bot: bool = True,
        key: str | None = None,
    ) -> Site:
        """``key``: the public key of the snippet; made up unless given (a demonstration wants a known one).

        Raises:
            Conflict: the id is taken (``site_taken``).
            Invalid: an origin is not ``scheme://host[:port]`` (``invalid_origin``).
        """
        site = Site(
            id=site_id,
            key=key or self._ids.new("site"),
            name=name,
            allowed_origins=tuple(dict.fromkeys(_origin(origin) for origin in allowed_origins)),
            language=language,
            bot=bot,
        )
        async with self._store.transaction() as tx:
            taken = await tx.sites.get(site_id) or await tx.sites.by_key(site.key)
            if taken is not None:
                raise Conflict("site_taken", "There is a site with this id or key already.")
            await tx.sites.add(site)
        return site

    async def put(
        self,
        *,
        site_id: str,
        name: str,
        allowed_origins: Sequence[str],
        language: str = "fr",
        bot: bool = True,
    ) -> Site:
        """Create a site, or change one; its key stays."""
        origins = tuple(dict.fromkeys(_origin(origin) for origin in allowed_origins))
        async with self._store.transaction() as tx:
            known = await tx.sites.get(site_id)
            key = known.key if known is not None else self._ids.new("site")
            bot_id = known.bot_id if known is not None else None
            site = Site(site_id, key, name, origins, language, bot, bot_id)
            await (tx.sites.add(site) if known is None else tx.sites.save(site))
        return site

    async def list(self) -> list[Site]:
        async with self._store.transaction(read_only=True) as tx:
            return await tx.sites.list()

    async def get(self, site_id: str) -> Site:
        """Raises:
        NotFound: there is no such site.
        """
        async with self._store.transaction(read_only=True) as tx:
            site = await tx.sites.get(site_id)
        if site is None:
            raise NotFound("site_not_found", "There is no such site.")
        return site


def _origin(origin: str) -> str:
    normal = origin.strip().lower().rstrip("/")
    if not _ORIGIN.fullmatch(normal):
        raise Invalid("invalid_origin", f"Write an origin as scheme://host[:port], not {origin[:100]!r}.")
    scheme, _, rest = normal.partition("://")
    default = {"http": ":80", "https": ":443"}[scheme]
    return f"{scheme}://{rest.removesuffix(default)}"
