"""What every page is built from: tags, words, charts, inputs, paging, periods."""
