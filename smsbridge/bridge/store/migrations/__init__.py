"""The migrations of a store, by Alembic."""
