"""Figures computed from what people did: goals, small cells hidden, months frozen."""
