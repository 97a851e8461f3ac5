"""What stands around every page: access, navigation, responses, notices, search."""
