"""Records what a client and a live provider say to each other as fixtures without a secret."""
