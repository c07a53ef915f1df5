"""Charts: plain numbers in, plotly figures out."""
