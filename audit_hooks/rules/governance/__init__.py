"""GOV: how the repository itself is kept."""
