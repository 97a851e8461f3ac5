"""What every page is built from: tags, words, charts, inputs, downloads, periods."""
