"""What a feed must look like: fields, code lists, subjects and feed contracts as data, and what is derived from them."""
