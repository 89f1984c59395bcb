"""The store remembers: one SQLite file, the PDFs beside it, and the ledger inside it.

`database` opens the file, reads, and commits writes in groups; the `database_*` modules beside it hold all that
depends on the engine. `schema` and `migrations` own the shape of the tables, `ledger` the hash chain, `files` the
PDFs, and each other module one family of tables, as functions of a transaction. No rules, no mail, no flows.
"""
