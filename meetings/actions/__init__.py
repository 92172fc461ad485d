"""The meetings' verbs."""
