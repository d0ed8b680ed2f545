"""A seeded storm: syncs under random cuts, kills and stalls, while a witness reads the target."""
