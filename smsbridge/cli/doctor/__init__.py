"""``smsbridge doctor``: looks at a config as a send would use it, and says what to do."""
