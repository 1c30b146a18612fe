"""What the programs of a planc bundle share. Plain Python, copied into every bundle as it is."""
