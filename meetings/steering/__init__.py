"""The steering groups: what is prepared for them, what they decide, adopt and pay. Aggregates, never a person."""
