"""The frame of every page: access, navigation, responses, notices, search."""
