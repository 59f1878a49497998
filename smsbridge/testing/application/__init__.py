"""For tests of an application: a mock that every client of the process meets."""
