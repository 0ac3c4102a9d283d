"""The deployment files, checked by parsing: no container engine is needed for these."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from orchestrator.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ORCHESTRATORS = ("orchestrator", "orchestrator-2")
CADDY = (ROOT / "deploy" / "Caddyfile").read_text()


def dockerfile(name: str) -> str:
    return (ROOT / "deploy" / f"{name}.Dockerfile").read_text()


def test_every_part_of_the_product_has_a_service() -> None:
    assert {"proxy", *ORCHESTRATORS, "postgres", "nats", "bot", "turn"} <= set(SERVICES)


def test_every_image_is_built_here_or_pinned_to_a_major_version() -> None:
    for name, service in SERVICES.items():
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file(), name
        else:
            assert re.fullmatch(r"[\w./-]+:\d[\w.-]*", service["image"]), name


def test_volumes_and_dependencies_exist() -> None:
    named = set(COMPOSE["volumes"])
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in named or (ROOT / source).exists(), volume
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_every_setting_that_is_passed_is_one_that_we_read() -> None:
    known = {f"VISAVIS_{name.upper()}" for name in Settings.model_fields}
    for name in ORCHESTRATORS:
        assert set(SERVICES[name]["environment"]) <= known


def test_secrets_are_required_and_never_written_down() -> None:
    for service in (*ORCHESTRATORS, "bot", "postgres"):
        for name, value in SERVICES[service]["environment"].items():
            if name == "VISAVIS_TURN_SECRET":
                assert value.endswith(":-}"), "only who runs a TURN server has one"
            elif name.endswith(("_SECRET", "_PASSWORD")) or name == "VISAVIS_DATABASE_URL":
                assert ":?" in value, f"{name} must be set by the operator"
    example = (ROOT / "deploy" / "example.env").read_text()
    assert re.findall(r"^(\w*(?:SECRET|PASSWORD))=(.+)$", example, re.MULTILINE) == []
    asked_for = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert asked_for <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_the_bot_is_told_where_to_answer() -> None:
    port = re.fullmatch(
        r"http://proxy:(\d+)/api/bot/rasa/turns", SERVICES["bot"]["environment"]["VISAVIS_CALLBACK_URL"]
    )
    assert port is not None
    assert f"http://:{port[1]} {{" in CADDY
    assert not any(published.endswith(f":{port[1]}") for published in SERVICES["proxy"]["ports"])
    assert SERVICES["orchestrator"]["environment"]["VISAVIS_BOT_URL"] == "http://bot:5005"


def test_only_the_proxy_and_the_media_ports_are_reachable_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy", *ORCHESTRATORS}
    taken: set[int] = set()
    for name in ORCHESTRATORS:
        first, last = json.loads(SERVICES[name]["environment"]["VISAVIS_MEDIA_UDP_PORTS"])
        assert SERVICES[name]["ports"] == [f"{first}-{last}:{first}-{last}/udp"]
        assert taken.isdisjoint(range(first, last + 1)), "each process sends from ports of its own"
        taken.update(range(first, last + 1))
        assert f"{name}:8080" in CADDY


def test_the_orchestrators_are_one_estate_whose_servers_nobody_else_reaches() -> None:
    one, other = (SERVICES[name]["environment"] for name in ORCHESTRATORS)
    assert {name for name in one if one[name] != other[name]} == {"VISAVIS_MEDIA_UDP_PORTS"}
    settings = Settings(
        database_url=one["VISAVIS_DATABASE_URL"], bus_url=one["VISAVIS_BUS_URL"], secret="x" * 32
    )
    settings.check()
    assert settings.shared
    assert settings.has_bus
    for name, url in (("postgres", settings.database), ("nats", settings.bus_url)):
        assert f"{name}:" in url
        assert SERVICES[name]["networks"] == ["backend"]
        assert SERVICES[name]["healthcheck"]
    assert COMPOSE["networks"]["backend"]["internal"]
    reach = {name for name, service in SERVICES.items() if "backend" in service.get("networks", [])}
    assert reach == {"postgres", "nats", *ORCHESTRATORS}


@pytest.mark.parametrize("name", ["orchestrator", "bot"])
def test_images_copy_what_exists_install_by_hash_and_drop_root(name: str) -> None:
    text = dockerfile(name)
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
    assert "--require-hashes" in text
    assert re.search(r"^USER (?!root)\w+", text, re.MULTILINE)
