"""What measures smsbridge and its tests."""
