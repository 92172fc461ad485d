"""How a person's own calendar is fetched from an address that a stranger may have chosen."""
