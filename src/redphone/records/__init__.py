"""What the desk remembers: the one Django app with tables.

`models/` holds the tables, one module a noun; `ledger.py` is the only write door to the streams;
the `queries` are the read doors, and each takes who is asking.
"""
