"""Pure rules: what is allowed, what is due, what counts. No I/O, no SQL; `now` is always an argument."""
