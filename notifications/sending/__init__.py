"""What leaves the house for addresses outside: signed, and sent without trusting what is there. No database."""
