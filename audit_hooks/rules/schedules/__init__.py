"""SCH: when jobs run by themselves."""
