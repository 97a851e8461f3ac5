"""Know who a person is."""
