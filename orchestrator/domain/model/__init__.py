"""The lifecycle as a whole: every conversation a policy allows, searched with `decide` itself for what must not be."""
