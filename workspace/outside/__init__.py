"""Which addresses outside may be reached, how one is asked without trusting it, and how they are kept sealed. Pure."""
