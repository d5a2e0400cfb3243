"""moto's server, without a listing of versions that copies the whole bucket and keeps the copy.

`python -m tests.services.moto_server -H HOST -p PORT`. A long run would take all the memory there
is: every deletion of ours lists an object's versions.
"""

import copy
import sys
from types import SimpleNamespace

from moto.s3 import models
from moto.server import main

vars(models)["copy"] = SimpleNamespace(copy=copy.copy, deepcopy=copy.copy)

if __name__ == "__main__":
    main(sys.argv[1:])
