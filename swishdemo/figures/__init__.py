"""Pure data → Plotly figures, as the JSON that plotly.js reads; nothing else knows Plotly."""
