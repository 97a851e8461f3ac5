"""The parts of every page: tags, words, charts, inputs, downloads, periods."""
