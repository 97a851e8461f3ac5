"""The agreement, its definitions, the scoreboard."""
