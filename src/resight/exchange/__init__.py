"""From and to the tools that analysts use: one module a format, none of which knows another.

A module that reads has ``read(path, options) -> Table`` (see ``exchange.table``); one that writes has
``write(records, path, setting) -> list of what the format cannot carry``. Which formats there are, and how one is
known by its content, stands in ``exchange.formats``; what the columns of a table mean, in ``exchange.mapping``; rows
become records, or are refused with the reason, in ``exchange.intake``.
"""
