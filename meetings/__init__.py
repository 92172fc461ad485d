"""The fourth floor: series, groups, conversations, the steering group. Empty until the first of them is built."""
