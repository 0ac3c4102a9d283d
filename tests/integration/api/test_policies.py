"""Policies over the interface, with the real gates: from a draft to what is live, and back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from orchestrator.application.revisions.records import LARGEST_SET
from tests.integration.api.conftest import running
from tests.integration.api.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]


class Admin:
    def __init__(self, world: World) -> None:
        self.world = world

    async def call(self, method: str, path: str = "", body: object = None) -> httpx.Response:
        address = f"/api/admin/policies{path}"
        headers = self.world.desk("admin")
        content = None
        if body is not None:
            headers |= {"content-type": "application/json"}
            content = json.dumps(body)  # in ASCII: also what is no text can be sent
        return await self.world.client.request(method, address, content=content, headers=headers, timeout=120)

    async def texts(self) -> tuple[int, dict[str, str]]:
        """What is live: its number and its files."""
        number = (await self.call("GET")).json()["live"]["number"]
        return number, (await self.call("GET", f"/activations/{number}")).json()["texts"]

    async def save(self, base: int, texts: dict[str, str]) -> Json:
        saved = await self.call("POST", "/drafts", {"base": base, "note": "a note", "texts": texts})
        assert saved.status_code == 201, saved.text
        return saved.json()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def admin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Admin]:
    async with running(tmp_path_factory.mktemp("policies")) as world:
        await world.make_staff("admin")
        yield Admin(world)


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    return answer.json()["detail"]


async def test_a_draft_is_examined_published_and_rolled_back(admin: Admin) -> None:
    number, texts = await admin.texts()
    assert "tests/camera.yaml" in texts
    old, new = "places: { chat: 10,", "places: { chat: 6,"
    changed = texts | {"routing.yaml": texts["routing.yaml"].replace(old, new)}
    draft = await admin.save(number, changed)
    assert (draft["gates"], draft["stale"], draft["by_name"]) == ([], False, "Admin")
    examined = (await admin.call("POST", f"/drafts/{draft['id']}/examine")).json()
    assert [(gate["name"], gate["state"]) for gate in examined["gates"]][:2] == [
        ("check", "passed"),
        ("test", "passed"),
    ]
    published = await admin.call("POST", f"/drafts/{draft['id']}/publish?language=fr", {"message": "Midi"})
    assert published.status_code == 201, published.text
    activation = published.json()
    assert (activation["number"], activation["kind"], activation["message"]) == (
        number + 1,
        "publish",
        "Midi",
    )
    assert any("6" in line for line in activation["changes"])
    live = (await admin.call("GET")).json()
    assert (live["used_number"], live["used_revision"]) == (number + 1, activation["revision"])
    assert (await admin.call("GET", f"/drafts/{draft['id']}")).status_code == 404
    back = await admin.call(
        "POST", f"/activations/{number}/rollback", {"base": number + 1, "message": "Too few"}
    )
    assert (back.status_code, back.json()["restores"]) == (201, number)
    assert (await admin.texts()) == (number + 2, texts)
    page = (await admin.call("GET", "/activations?limit=2")).json()
    assert ([one["number"] for one in page["activations"]], page["before"]) == (
        [number + 2, number + 1],
        number + 1,
    )


async def test_mistakes_are_told_and_never_published(admin: Admin) -> None:
    number, texts = await admin.texts()
    wrong = texts["camera.yaml"].replace("\ndefault: allowed", "\ndefault: sometimes")
    draft = await admin.save(number, texts | {"camera.yaml": wrong})
    examined = (await admin.call("POST", f"/drafts/{draft['id']}/examine")).json()
    check, test, _ = examined["gates"]
    assert (check["state"], test["state"]) == ("failed", "absent")
    assert "camera.yaml:3:10" in check["details"][0]
    told = await admin.call("POST", f"/drafts/{draft['id']}/publish", {"message": "why"})
    assert "camera.yaml:3:10" in refused(told, 409, "gate_failed")
    # A folder that lost its scenarios, and one that lost a file.
    for lost, says in (("tests/", "no scenarios"), ("cards.yaml", "the file is missing")):
        kept = {name: text for name, text in texts.items() if not name.startswith(lost)}
        change = {"base": number, "version": examined["version"], "texts": kept}
        examined = (await admin.call("PUT", f"/drafts/{draft['id']}", change)).json()
        assert examined["gates"] == []
        told = await admin.call("POST", f"/drafts/{draft['id']}/publish", {"message": "why"})
        assert says in refused(told, 409, "gate_failed")
    assert (await admin.texts())[0] == number
    assert (await admin.call("DELETE", f"/drafts/{draft['id']}")).status_code == 204


async def test_recorded_conversations_are_replayed(admin: Admin) -> None:
    number, texts = await admin.texts()
    visitor = await admin.world.visit("shop")
    conversation = await visitor.start()
    closed = await visitor.call("POST", f"/conversations/{conversation['id']}/close")
    assert closed.status_code == 200, closed.text
    changed = texts["conversation.yaml"].replace("idle_timeout: 15m", "idle_timeout: 9m")
    assert changed != texts["conversation.yaml"]
    draft = await admin.save(number, texts | {"conversation.yaml": changed})
    examined = (await admin.call("POST", f"/drafts/{draft['id']}/examine")).json()
    replay = examined["gates"][-1]
    assert (replay["name"], replay["state"]) == ("replay", "passed")
    assert replay["summary"].startswith("1 conversation: ")
    assert (await admin.call("DELETE", f"/drafts/{draft['id']}")).status_code == 204


async def test_the_second_of_two_admins_is_told_of_the_first(admin: Admin) -> None:
    number, texts = await admin.texts()
    mine = await admin.save(number, texts | {"camera.yaml": texts["camera.yaml"] + "# mine\n"})
    hers = await admin.save(number, texts | {"camera.yaml": texts["camera.yaml"] + "# hers\n"})
    published = await admin.call("POST", f"/drafts/{hers['id']}/publish", {"message": "Hers"})
    assert published.status_code == 201, published.text
    told = await admin.call("POST", f"/drafts/{mine['id']}/publish", {"message": "Mine"})
    assert "'Hers'" in refused(told, 409, "published_meanwhile")
    listed = (await admin.call("GET", "/drafts")).json()
    assert [(one["id"], one["stale"]) for one in listed] == [(mine["id"], True)]
    rollback = await admin.call("POST", f"/activations/{number}/rollback", {"base": number, "message": "w"})
    refused(rollback, 409, "published_meanwhile")
    assert (await admin.call("DELETE", f"/drafts/{mine['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"base": 1, "texts": {"../camera.yaml": ""}}, 422, "unknown_file"),
        ({"base": 1, "texts": {"tests/../../x.yaml": ""}}, 422, "unknown_file"),
        (
            {"base": 1, "texts": {"camera.yaml": "x" * (LARGEST_SET - 9), "cards.yaml": "y" * 10}},
            422,
            "too_large",
        ),
        ({"base": 1, "texts": {"camera.yaml": "x" * (2 * LARGEST_SET)}}, 413, None),
        ({"base": 10**6, "texts": {}}, 422, "unknown_base"),
        ({"base": 0, "texts": {}}, 422, None),
        ({"base": 1, "texts": {"camera.yaml": "\ud800"}}, 422, None),
        ({"base": 1, "texts": {"camera.yaml": 7}}, 422, None),
        ({"base": 1, "note": "n" * 501, "texts": {}}, 422, None),
    ],
)
async def test_what_makes_no_sense_is_refused(
    admin: Admin, body: Json, status: int, code: str | None
) -> None:
    answer = await admin.call("POST", "/drafts", body)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code


async def test_publishing_needs_a_reason(admin: Admin) -> None:
    number, texts = await admin.texts()
    draft = await admin.save(number, texts | {"cards.yaml": texts["cards.yaml"] + "# more\n"})
    for message in ("", "x" * 501):
        answer = await admin.call("POST", f"/drafts/{draft['id']}/publish", {"message": message})
        assert answer.status_code == 422
    blank = await admin.call("POST", f"/drafts/{draft['id']}/publish", {"message": "  "})
    refused(blank, 422, "message_required")
    assert (await admin.call("DELETE", f"/drafts/{draft['id']}")).status_code == 204
    refused(await admin.call("GET", "/activations/999"), 404, "no_activation")


async def test_metrics_tell_what_is_used(admin: Admin) -> None:
    world = admin.world
    metrics = (await world.client.get("/metrics", headers=world.desk("admin"))).text
    number = (await admin.call("GET")).json()["live"]["number"]
    assert f"visavis_policy_number {float(number)}" in metrics
    assert "visavis_policy_behind 0.0" in metrics
    assert 'visavis_policy_activations_total{kind="publish"}' in metrics
