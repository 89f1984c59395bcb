"""The pages behind mailed links, one module a kind of link."""
