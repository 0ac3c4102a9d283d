"""Which addresses are taken, and what is said about the others."""

from __future__ import annotations

import pytest

from orchestrator.estate import Estate
from orchestrator.settings import SettingError, Settings

SECRET = "a secret of a test, long enough for everybody"


def test_the_default_is_one_process_on_a_file() -> None:
    settings = Settings()
    settings.check()
    assert settings.database.startswith("sqlite")
    assert (settings.shared, settings.has_bus) == (False, False)
    estate = Estate.of(settings, "n1")
    assert (estate.heard_as, estate.look_every, estate.connection) == (None, None, None)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_one_address_each_chooses_the_database_and_the_bus(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://db/visavis", bus_url="nats://bus:4222", secret=SECRET)
    settings.check()
    assert (settings.shared, settings.has_bus) == (True, True)
    estate = Estate.of(settings, "n1")
    assert estate.heard_as == "n1"
    assert estate.look_every is not None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"database_url": "mysql://u:hidden@db/visavis"}, "VISAVIS_DATABASE_URL"),
        ({"database_url": "hidden"}, "VISAVIS_DATABASE_URL"),
        ({"bus_url": "redis://:hidden@bus"}, "VISAVIS_BUS_URL"),
        ({"bus_url": "nats://hidden@/x"}, "VISAVIS_BUS_URL"),
        ({"database_url": "postgresql://u:hidden@db/visavis"}, "VISAVIS_SECRET"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_secrets(values: dict[str, str], says: str) -> None:
    with pytest.raises(SettingError) as caught:
        Estate.of(Settings(**values), "n1")  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_secret_that_is_too_short_is_not_printed() -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        Settings(secret="hidden")
    assert "hidden" not in str(caught.value)


def test_addresses_with_passwords_are_not_shown() -> None:
    settings = Settings(database_url="postgresql://u:hidden@db/v", bus_url="nats://hidden@bus", secret=SECRET)
    assert "hidden" not in repr(settings)
    assert SECRET not in repr(settings)
