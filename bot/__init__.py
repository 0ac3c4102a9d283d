"""The Rasa project, its channel and the environment it runs in.

Only ``bot.environment`` and ``bot.visavis_protocol`` may be imported by the platform: the rest needs Rasa, which
lives in an environment of its own.
"""
