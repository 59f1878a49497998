"""A page to look at: messages, requests, what is played and the verdict, for any host to mount."""
