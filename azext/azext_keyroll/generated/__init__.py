"""What the program itself says of its commands."""
