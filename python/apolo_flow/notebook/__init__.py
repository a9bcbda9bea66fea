"""What notebooks need beside the drawings that every object has: the ``%%flow`` cell."""
