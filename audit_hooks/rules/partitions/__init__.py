"""PAR: how an asset is cut into parts."""
