"""The HTTP and socket interface: routers by user, and what protects them."""
