"""What a node serves: to its peers, and to its party's own people. Use cases come from `node`, adapters from outside."""
