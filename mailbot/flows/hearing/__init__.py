"""What follows from a mail that came in: one module a kind of mail, each a function of a transaction."""
