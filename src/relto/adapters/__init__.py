"""Adapters: each implements a port of the node with something real; none imports another."""
