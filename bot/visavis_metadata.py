"""A Rasa NLU component: the context of a message (language, device, availability, wait) becomes entities.

Slots with a ``from_entity`` mapping then follow the context at every turn, and conditional responses can use them.
No training data is needed; put it last in the pipeline.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, METADATA
from rasa.shared.nlu.training_data.message import Message
from visavis_protocol import context_entities


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class MetadataEntities(GraphComponent):
    """Adds one entity per fact of the message's metadata."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MetadataEntities:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities in place. A message that came without metadata is left alone."""
        for message in messages:
            context = message.get(METADATA)
            if isinstance(context, dict) and "availability" in context:
                found = [
                    {"entity": name, "value": value, "extractor": type(self).__name__}
                    for name, value in context_entities(context).items()
                ]
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
