"""The sample pipeline. Delete this folder, its tests and `data/orders.csv` when your own assets are there."""
