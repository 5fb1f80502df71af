"""WSP: what a webserver and a daemon need to find the code of every module."""
