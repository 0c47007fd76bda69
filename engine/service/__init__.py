"""The engine's door: Arrow Flight on a unix socket. Decodes, authorises, asks, encodes."""
