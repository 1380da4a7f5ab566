"""What `make figures` measures: `figures()` of each module gives {name: {"value", "unit", "peer", "how"}}."""

import sys
from pathlib import Path
from types import ModuleType

# Benchmarks use what the tests start. Some distribution has put a package `tests` of its own into the
# environment, which would be found first.
_tests = ModuleType("tests")
_tests.__path__ = [str(Path(__file__).resolve().parent.parent / "tests")]
sys.modules["tests"] = _tests
