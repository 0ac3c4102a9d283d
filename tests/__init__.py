"""Tests. A package, because one of the tools they use installs a package of that name, too."""
