"""Push to browsers (Web Push, RFC 8030): to telephones too, without an app of a store."""
