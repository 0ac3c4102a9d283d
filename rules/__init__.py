"""The policy: YAML that admins edit, compiled to one immutable, checked object. Pure: no IO beyond reading the folder."""
