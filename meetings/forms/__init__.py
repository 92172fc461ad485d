"""The shape of what is written about groups and meetings. No form saves anything."""
