"""``python -m runner``, and by its path where nothing of it is installed, as in the action."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runner.cli.main import main  # it is found only now

if __name__ == "__main__":
    main()
