"""Does. One function, one verb, one transaction.

Every verb takes who does it (`by`, an actor) and when (`at`), lets the core decide, and writes
through the ledger. Nothing here reads the clock.
"""
