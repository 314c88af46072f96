"""A box office: sells seats at a counter, and watches the map while it does."""
