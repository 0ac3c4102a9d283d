"""Bots that companies run already, reached by the published external-bot contract: the platform's part of it."""
