"""``python -m tessera`` is the command ``tessera``."""

from .command import main

main()
