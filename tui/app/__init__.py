"""The running application: connected to its site, with its keys and notices."""
