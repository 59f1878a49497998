"""The steps that bring a store to the form that the code knows, by Alembic."""
