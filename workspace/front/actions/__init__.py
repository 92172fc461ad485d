"""The acts that reach several floors."""
