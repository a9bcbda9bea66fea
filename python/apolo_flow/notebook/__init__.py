"""What notebooks need beside the tables that every object draws: the ``%%flow`` cell and the live drawing."""
