"""Pages that span floors."""
