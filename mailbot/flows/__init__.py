"""Use-cases: each does one thing in one transaction. No sockets, no frameworks, no configuration."""
