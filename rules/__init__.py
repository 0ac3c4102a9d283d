"""The policy: YAML that admins edit, compiled to one immutable, checked object. Pure but for reading its folder."""
