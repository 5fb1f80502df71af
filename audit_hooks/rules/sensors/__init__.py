"""SEN: what starts runs when something happens."""
