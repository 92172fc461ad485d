"""Pages of a referral: lists, the writing of one, its page, and its verbs."""
