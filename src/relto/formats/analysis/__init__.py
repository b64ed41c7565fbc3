"""What analyses are given and tell: assumptions and launches in, answers as JSON, text and pictures out."""
