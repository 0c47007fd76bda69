"""All that a front end may see of the engine: typed operations, their results, events, and the client.

Importing an operations module is cheap; `engine.api.client` brings pyarrow and is imported when first needed.
"""
