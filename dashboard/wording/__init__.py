"""Terms, evidence and figures in words, with links to the rows behind them."""
