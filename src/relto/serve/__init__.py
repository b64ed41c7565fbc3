"""What a node serves: to its peers, and to its party's own people. Adapters are handed in from outside."""
