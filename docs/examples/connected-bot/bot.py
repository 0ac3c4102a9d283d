"""A bot of the external-bot contract, in one file and with nothing but Python: a lamp shop's, in French and English.

    python bot.py --port 8099 --secret "$(openssl rand -hex 16)"

It shows every kind of reply the contract has. Type « aide » or « help » to see what it understands.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import logging
import unicodedata
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SHOP = "https://lamps.example"
SCENARIOS = [
    {"idBot": "lamps-fr", "name": "Luminaires (français)", "description": "Produits, commandes, conseil",
     "editorUrl": f"{SHOP}/editor/fr"},
    {"idBot": "lamps-en", "name": "Lamps (English)", "description": "Products, orders, advice",
     "editorUrl": f"{SHOP}/editor/en"},
]  # fmt: skip
WORDS = {
    "fr": {
        "hello": "Bonjour ! Lampes, commandes, conseils : que puis-je pour vous ?",
        "offers": ["Produits", "Ma commande", "Un conseiller", "En vidéo"],
        "order": ("Commande 4711", "Elle part ce soir et arrive demain avant midi.", "Suivre le colis"),
        "catalogue": "Le catalogue, à garder :",
        "look": "Je regarde…",
        "found": "Voilà, j’ai trouvé : la lampe Nova est de retour en rayon.",
        "person": "Je vous passe un conseiller.",
        "video": "Vous allez être mis en relation par vidéo avec un conseiller.",
        "nobody": "Personne n’est libre à l’instant. Je reste avec vous : que voulez-vous faire ?",
        "bye": "Au revoir, et à bientôt !",
        "unknown": "Je n’ai pas compris. Choisissez, ou demandez un conseiller :",
        "state": "En stock", "see": "Voir",
    },
    "en": {
        "hello": "Hello! Lamps, orders, advice: what can I do for you?",
        "offers": ["Products", "My order", "An adviser", "By video"],
        "order": ("Order 4711", "It leaves tonight and arrives tomorrow before noon.", "Track the parcel"),
        "catalogue": "The catalogue, for keeps:",
        "look": "Let me look…",
        "found": "Here it is: the Nova lamp is back on the shelf.",
        "person": "I'm handing you over to an adviser.",
        "video": "You will be connected by video with an adviser.",
        "nobody": "Nobody is free right now. I'm still here: what would you like to do?",
        "bye": "Goodbye, see you soon!",
        "unknown": "I did not get that. Choose, or ask for an adviser:",
        "state": "In stock", "see": "See it",
    },
}  # fmt: skip
# What a visitor may write (without accents and capitals) and what it means; the first that is found counts.
MEANINGS = [
    (("video", "face a face"), "video"),
    (("conseiller", "humain", "quelqu'un", "adviser", "person", "human"), "person"),
    (("produit", "lampe", "product", "lamp"), "products"),
    (("commande", "colis", "order", "parcel"), "order"),
    (("catalogue", "pdf"), "catalogue"),
    (("cherche", "nova", "look", "find"), "look"),
    (("au revoir", "bye", "merci, c'est tout"), "bye"),
]


def text(words: str, offers: list[str] | None = None) -> dict[str, Any]:
    quick = [{"contentType": "text/quick-reply", "value": offer} for offer in offers or []]
    return {"type": "message", "payload": {"contentType": "text", "value": words}, "quickReplies": quick}


def message(payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "payload": payload, "quickReplies": []}


def pause(seconds: float) -> dict[str, Any]:
    return {"type": "await", "duration": {"unit": "millis", "value": int(seconds * 1000)}}


class Shop:
    """What the bot knows: the operators that speak for it, and the conversations that were begun."""

    def __init__(self) -> None:
        self.operators: dict[str, dict[str, Any]] = {}
        self.conversations: dict[str, str] = {}

    def language(self, operator: str) -> str:
        known = self.operators.get(operator, {})
        return "en" if str(known.get("language", "fr")).lower().startswith("en") else "fr"

    def first(self, operator: str) -> list[dict[str, Any]]:
        words = WORDS[self.language(operator)]
        return [text(words["hello"], words["offers"])]

    def answer(self, operator: str, said: str) -> list[dict[str, Any]]:
        words = WORDS[self.language(operator)]
        match self.meaning(said):
            case "products":
                return [message({"contentType": "bundle/product-offer", "offers": self.lamps(words)})]
            case "order":
                title, state, link = words["order"]
                action = {"type": "LINK", "name": link, "url": f"{SHOP}/parcels/4711"}
                return [
                    message(
                        {"contentType": "card/content", "title": title, "text": state, "actions": [action]}
                    )
                ]
            case "catalogue":
                file = {"contentType": "file", "fileName": "lamps.pdf", "mimeType": "application/pdf"}
                return [text(words["catalogue"]), message(file | {"url": f"{SHOP}/lamps.pdf"})]
            case "look":
                return [text(words["look"]), pause(2), text(words["found"])]
            case "video" | "person" as wanted:
                return [
                    text(words[wanted]),
                    self.transfer(operator),
                    # What follows is said only if nobody came within the time of the transfer.
                    text(words["nobody"], words["offers"]),
                ]
            case "bye":
                return [text(words["bye"]), pause(1), {"type": "close"}]
            case _:
                return [text(words["unknown"], words["offers"])]

    @staticmethod
    def meaning(said: str) -> str:
        plain = unicodedata.normalize("NFD", said.casefold()).replace("’", "'")
        plain = "".join(one for one in plain if not unicodedata.combining(one))
        return next(
            (meaning for marks, meaning in MEANINGS if any(mark in plain for mark in marks)), "unknown"
        )

    @staticmethod
    def lamps(words: dict[str, Any]) -> list[dict[str, Any]]:
        lamps = [("Nova", "89,00 €", "69,00 €"), ("Alba", "120,00 €", None), ("Lumen", "45,00 €", None)]
        return [
            {
                "name": name,
                "price": price,
                "availability": {"status": words["state"]},
                "actions": [{"type": "LINK", "name": words["see"], "url": f"{SHOP}/{name.lower()}"}],
            } | ({"offerPrice": offer} if offer else {})
            for name, price, offer in lamps
        ]  # fmt: skip

    def transfer(self, operator: str) -> dict[str, Any]:
        rules = self.operators.get(operator, {}).get("distributionRules") or [{"id": ""}]
        timeout = {"timeout": {"value": 30, "unit": "seconds"}}
        return {"type": "transfer", "distributionRule": rules[0]["id"], "transferOptions": timeout}


class Handler(BaseHTTPRequestHandler):
    """The contract's routes."""

    protocol_version = "HTTP/1.1"
    shop: Shop
    secret: str

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not self.signed(parts.query.encode()):
            return
        match parts.path.strip("/").split("/"):
            case ["external-bots"]:
                self.tell(SCENARIOS)
            case ["availability-strategies"]:
                self.tell([{"strategy": "customAvailability", "availability": True}])
            case ["bots", operator, "conversation-first-messages"]:
                self.tell({"replies": self.shop.first(operator)})
            case ["bots", operator] if operator in self.shop.operators:
                self.tell(self.bot(operator))
            case _:
                self.tell({"error": "not found"}, 404)

    def do_PUT(self) -> None:
        body = self.body()
        if body is None:
            return
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["bots", operator]:
                self.shop.operators[operator] = body
                self.tell(self.bot(operator))
            case _:
                self.tell({"error": "not found"}, 404)

    def do_POST(self) -> None:
        body = self.body()
        if body is None:
            return
        operator = str(body.get("idOperator", ""))
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["conversations"]:
                conversation = str(body["idConversation"])
                self.shop.conversations[conversation] = operator
                self.tell(self.conversation(conversation, operator, []))
            case ["conversations", conversation, "messages"]:
                said = body["message"]
                # Its own messages come back to it, too.
                theirs = said["author"]["role"] == "visitor"
                replies = self.shop.answer(operator, said["payload"]["value"]) if theirs else []
                self.tell(self.conversation(conversation, operator, replies))
            case _:
                self.tell({"error": "not found"}, 404)

    def bot(self, operator: str) -> dict[str, Any]:
        wanted = self.shop.operators[operator].get("external", {}).get("idBot")
        scenario = next((one for one in SCENARIOS if one["idBot"] == wanted), SCENARIOS[0])
        return {"idOperator": operator, "external": scenario, "createdAt": now(), "updatedAt": now()}

    def conversation(self, conversation: str, operator: str, replies: list[dict[str, Any]]) -> dict[str, Any]:
        told = {"idConversation": conversation, "idOperator": operator, "replies": replies}
        return told | {"createdAt": now(), "updatedAt": now()}

    # --- HTTP ------------------------------------------------------------------------------------------------

    def body(self) -> dict[str, Any] | None:
        raw = self.rfile.read(int(self.headers.get("content-length", "0")))
        return json.loads(raw) if self.signed(raw) else None

    def signed(self, raw: bytes) -> bool:
        """Whether the platform signed this; answered if not."""
        expected = "sha256=" + hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
        if hmac.compare_digest(expected, self.headers.get("x-iadvize-signature", "")):
            return True
        self.tell({"error": "the signature is wrong"}, 401)
        return False

    def tell(self, answer: object, status: int = 200) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        logging.info("%s", self.path.partition("?")[0])


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def serve(port: int, secret: str) -> ThreadingHTTPServer:
    """A server that is ready to `serve_forever`."""
    handler = type("BoundHandler", (Handler,), {"shop": Shop(), "secret": secret})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--secret", required=True, help="the same as VISAVIS_CONNECTED_BOT_SECRET")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.info("listening on http://127.0.0.1:%d", given.port)
    serve(given.port, given.secret).serve_forever()
