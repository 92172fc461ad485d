"""Calendar files (RFC 5545, RFC 5546): what we write, in neutral words only (L50), and what we read. Pure."""
