"""Runs in Rasa's environment: reads sentences as a JSON list on stdin, prints the intents the model gives them.

Usage: python parse_heldout.py MODEL < sentences.json
"""

from __future__ import annotations

import asyncio
import json
import sys

import skops.io  # noqa: F401  (before TensorFlow: seven seconds)
from rasa.core.agent import Agent


async def intents(model: str, sentences: list[str]) -> list[str]:
    agent = Agent.load(model)
    return [(await agent.parse_message(sentence))["intent"]["name"] for sentence in sentences]


if __name__ == "__main__":
    found = asyncio.run(intents(sys.argv[1], json.load(sys.stdin)))
    print("INTENTS " + json.dumps(found))
