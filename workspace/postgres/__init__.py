"""The database backend of production."""
