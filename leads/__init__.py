"""Keep the lead: the person, the account, what they did, and how they pass from marketing to sales."""
