"""Playing a policy through under virtual time: the production decision and distribution, without a database."""
